import { parseMessage } from '../embedded/protocols/sip/parse.js'
import { readPartyUri } from '../switch/party-address.js'

/** The requests that a browser may send: to register, to call, and within a call. */
const methods: ReadonlySet<string> = new Set(['REGISTER', 'INVITE', 'ACK', 'CANCEL', 'BYE', 'INFO', 'UPDATE', 'PRACK'])

/** Why a frame of a browser is not passed on. `notSip`: it cannot be read, or holds several messages' headers in one. `method`: a telephone here does not need it. `notTheirs`: it speaks for another telephone. `transport`: it does not say that it came over a WebSocket, and would
 * pass for a trunk of the network that we are in. */
export type FrameRefusal = 'notSip' | 'method' | 'notTheirs' | 'transport'

/**
 * Whether a frame may pass: one SIP message (RFC 7118 section 5), which speaks for the telephone of this user alone. Who they are is proved by digest as usual; this keeps a signed-in browser from trying the
 * credentials of other telephones over our own connection, whose address is trusted.
 * @returns undefined when it may
 */
export function refusalOfFrame(frame: string, user: string): FrameRefusal | undefined {
  // Keep-alives of RFC 5626.
  if (/^(?:\r\n){1,2}$/.test(frame)) return undefined
  const parsed = parseMessage(frame)
  if (!parsed.ok) return 'notSip'
  const { message } = parsed
  if (message.kind === 'response') return undefined
  if (!methods.has(message.method)) return 'method'
  if (!/^\s*SIP\s*\/\s*2\.0\s*\/\s*WSS?\s/i.test(message.headers.lines('Via')[0] ?? '')) return 'transport'
  const [from = '', ...more] = message.headers.lines('From')
  if (more.length > 0) return 'notSip'
  if (readPartyUri(addressIn(from)).user !== user) return 'notTheirs'
  const names = [...message.headers.lines('Authorization'), ...message.headers.lines('Proxy-Authorization')].map(
    (value) => /\busername\s*=\s*"([^"]*)"/i.exec(value)?.[1],
  )
  return names.every((name) => name === user) ? undefined : 'notTheirs'
}

function addressIn(value: string): string {
  return /<([^>]*)>/.exec(value)?.[1] ?? value.split(';')[0] ?? ''
}
