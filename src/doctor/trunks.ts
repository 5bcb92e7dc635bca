import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { TrunkSetting } from '../config/trunks.js'
import { authorization, chooseChallenge } from '../embedded/protocols/sip/digest.js'
import { hostForSocket } from '../embedded/protocols/sip/endpoint.js'
import { randomHex } from '../embedded/protocols/sip/secure-random.js'
import { parseHostPort } from '../embedded/protocols/sip/uri.js'
import type { OptionsAnswer } from '../switch/drachtio/try-servers.js'
import { fine, look, wrong, type Finding } from './finding.js'

/** Sends OPTIONS to a trunk: through drachtio-server if there is one, as calls go. */
export type AskTrunk = (address: string, headers?: Readonly<Record<string, string>>) => Promise<OptionsAnswer>

/** @returns addresses of a name; rejects if it has none */
export type Resolve = (name: string) => Promise<readonly string[]>

const system: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address)

/** Each trunk: its DNS name, whether it answers, whether it accepts our credentials. */
export async function trunks(settings: readonly TrunkSetting[], ask: AskTrunk, resolve: Resolve = system): Promise<readonly Finding[]> {
  if (settings.length === 0)
    return [
      look('no trunk: telephone numbers cannot be rung, SIP addresses and registered telephones can', 'set calls.trunks (docs/guard.md)'),
    ]
  return (await Promise.all(settings.map((trunk) => oneTrunk(trunk, ask, resolve)))).flat()
}

async function oneTrunk(trunk: TrunkSetting, ask: AskTrunk, resolve: Resolve): Promise<readonly Finding[]> {
  const name = `trunk ${trunk.name} (${trunk.address})`
  const host = hostForSocket(parseHostPort(trunk.address.replace(/;.*/, ''))?.host ?? '')
  const found: Finding[] = []
  if (isIP(host) === 0) {
    try {
      found.push(fine(`${name}: is ${(await resolve(host)).join(', ')}`))
    } catch (error) {
      return [
        wrong(
          `${name}: the name has no address (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
          'look at its spelling in calls.trunks, and at the name servers of this machine',
        ),
      ]
    }
  }
  const answer = await ask(trunk.address)
  if (answer.kind === 'silent')
    return [
      ...found,
      wrong(
        `${name}: does not answer OPTIONS (${answer.why})`,
        'ask the carrier whether it knows this address of yours; look at what filters packets in between. Some carriers answer no OPTIONS: then ring a number',
      ),
    ]
  if (answer.status !== 401 && answer.status !== 407) return [...found, answered(name, answer.status)]
  return [...found, await withCredentials(name, trunk, answer.challenges, answer.status, ask)]
}

/** Any other answer shows that something there speaks SIP. */
function answered(name: string, status: number): Finding {
  if (status === 403) return look(`${name}: answers 403`, 'ask the carrier whether it knows this address of yours')
  if (status === 503 || status === 408) return look(`${name}: answers ${status}`, 'it is there, and takes no calls now')
  return fine(`${name}: answers (${status})`)
}

async function withCredentials(
  name: string,
  trunk: TrunkSetting,
  challenges: readonly string[],
  status: number,
  ask: AskTrunk,
): Promise<Finding> {
  if (trunk.user === undefined)
    return look(
      `${name}: asks for credentials (${status})`,
      'if it does so for calls as well: name=user:password@host:port in calls.trunks',
    )
  const challenge = chooseChallenge(challenges)
  if (challenge === undefined)
    return look(`${name}: asks for credentials in a way that is not served`, 'it has to offer digest authentication with MD5 or SHA-256')
  const proof = authorization(
    challenge,
    { username: trunk.user, password: trunk.password ?? '' },
    { method: 'OPTIONS', uri: `sip:${trunk.address}` },
    1,
    randomHex(8),
  )
  const again = await ask(trunk.address, { [status === 401 ? 'Authorization' : 'Proxy-Authorization']: proof })
  if (again.kind === 'silent')
    return look(`${name}: asks for credentials, and says nothing to them (${again.why})`, 'ring a number through it')
  if (again.status === 401 || again.status === 407 || again.status === 403)
    return wrong(`${name}: does not take our user and password (${again.status})`, 'look at both in calls.trunks, and ask the carrier')
  return fine(`${name}: takes our user and password (${again.status})`)
}
