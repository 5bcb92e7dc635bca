import type { Access } from './application-port.js'
import type { EventSocket } from './event-socket.js'
import { fine, look, wrong, type Finding } from './finding.js'

/** The SIP profile on which the engine makes channels. A trial channel shows what `sofia status profile` does not tell (enable-3pcc): `channel.ts`. */
export async function sipProfile({ host, port }: Access, socket: EventSocket, profile = 'drachtio_mrf'): Promise<readonly Finding[]> {
  const name = `FreeSWITCH ${host}:${port}: SIP profile ${profile}`
  const all = await socket.api('sofia status')
  const line = all.split('\n').find((each) => each.trim().startsWith(`${profile}\t`) || each.trim().startsWith(`${profile} `))
  if (line === undefined)
    return [
      wrong(`${name}: there is none`, `name the profile for the engine ${profile}, and start FreeSWITCH again (docker/freeswitch has one)`),
    ]
  if (!line.includes('RUNNING'))
    return [
      wrong(`${name}: does not run (${line.trim().replaceAll(/\s+/g, ' ')})`, "look at its sip-ip and sip-port, and into FreeSWITCH's log"),
    ]
  if (!/sip:mod_sofia@(?:\d{1,3}\.){3}\d{1,3}:\d+/.test(line))
    return [wrong(`${name}: has no IPv4 address`, 'set its sip-ip to one: the engine looks for it')]
  const told = await socket.api(`sofia status profile ${profile}`)
  const field = (key: string) => new RegExp(`^${key}\\s+(\\S.*?)\\s*$`, 'm').exec(told)?.[1]
  const codecs = field('CODECS IN')
  const findings = [fine(`${name}: runs`)]
  if (codecs !== undefined)
    findings.push(
      takesG711(codecs) ? fine(`${name}: codecs ${codecs}`) : wrong(`${name}: codecs ${codecs}`, 'set inbound-codec-prefs to PCMA,PCMU'),
    )
  if (field('AGGRESSIVENAT') === 'true')
    findings.push(look(`${name}: aggressive-nat-detection is on`, 'switch it off: the engine sees to NAT'))
  return findings
}

function takesG711(codecs: string): boolean {
  const names = codecs.split(',').map((codec) => codec.trim().split('@')[0])
  return names.includes('PCMA') && names.includes('PCMU')
}
