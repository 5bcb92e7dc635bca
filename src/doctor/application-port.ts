import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { fine, look, wrong, type Finding } from './finding.js'

const timeoutMs = 4_000

export interface Access {
  readonly host: string
  readonly port: number
  readonly secret: string
}

/** A drachtio-server's answer. */
export type ApplicationPort =
  | { readonly kind: 'open'; readonly version: string; readonly contacts: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string }

/**
 * Logs in to drachtio-server's application port, and leaves. It registers for no routes, so no call comes here.
 * Frames are `<octets>#<id>|authenticate|<secret>|`; the answer `<octets>#<id>|response|<id>|OK|<contacts>|<version>|...` or `...|NO|<why>`.
 */
export function askApplicationPort({ host, port, secret }: Access): Promise<ApplicationPort> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let received = ''
    const end = (answer: ApplicationPort) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(timeoutMs, () => end({ kind: 'unreachable', why: `no answer within ${timeoutMs} ms` }))
    socket.on('error', (error: NodeJS.ErrnoException) => end({ kind: 'unreachable', why: error.code ?? error.message }))
    socket.on('close', () => end({ kind: 'refused', why: 'it closed the connection' }))
    socket.on('connect', () => {
      const message = `${randomUUID()}|authenticate|${secret}|`
      socket.write(`${Buffer.byteLength(message)}#${message}`)
    })
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8')
      const frame = /^(\d+)#/.exec(received)
      if (frame?.[1] === undefined || received.length < frame[0].length + Number(frame[1])) return
      const [, , , verdict, first = '', version = ''] = received.slice(frame[0].length).split('|')
      end(
        verdict === 'OK'
          ? { kind: 'open', version, contacts: first.split(',').filter((each) => each !== '') }
          : { kind: 'refused', why: first },
      )
    })
  })
}

/** The oldest releases that the engine was tried with. */
const minVersion = [0, 8, 0]

/** @returns the findings about it; the first one is whether it can be used */
export function applicationPort({ host, port }: Access, found: ApplicationPort): readonly Finding[] {
  const name = `drachtio-server ${host}:${port}`
  if (found.kind === 'unreachable')
    return [
      wrong(
        `${name}: cannot be reached (${found.why})`,
        'start it; look at <admin> in drachtio.conf.xml, at drachtio.addresses, and at what filters packets between the two',
      ),
    ]
  if (found.kind === 'refused')
    return [
      wrong(
        `${name}: does not let us in (${found.why})`,
        'drachtio.secret has to be the secret of <admin> in drachtio.conf.xml (or its DRACHTIO_SECRET)',
      ),
    ]
  const { version, contacts } = found
  const numbers = /(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number)
  const lets = fine(`${name}: lets us in; version ${version}`)
  const old = numbers !== undefined && older(numbers, minVersion)
  const tcp = contacts.some((contact) => contact.startsWith('tcp/'))
  const udp = contacts.some((contact) => contact.startsWith('udp/'))
  return [
    old ? look(`${name}: version ${version} has not been tried`, 'take 0.9.10 or newer') : lets,
    udp && tcp
      ? fine(`${name}: SIP at ${contacts.join(', ')}`)
      : look(
          `${name}: SIP at ${contacts.join(', ') || 'no address'}`,
          'give it contacts for UDP and TCP: sip:<address>:5060;transport=udp,tcp',
        ),
    ...(contacts.length > 0 && contacts.every((contact) => /\/127\.|\/\[?::1\]?:/.test(contact))
      ? [look(`${name}: takes calls from this machine alone`, 'give it a contact at the address on which calls arrive')]
      : []),
  ]
}

function older(version: readonly number[], than: readonly number[]): boolean {
  const at = than.findIndex((number, index) => number !== version[index])
  return at !== -1 && (version[at] ?? 0) < (than[at] ?? 0)
}
