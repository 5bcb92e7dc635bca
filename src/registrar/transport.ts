import type { Registration } from '../switch/port.js'

type Source = Pick<Registration['source'], 'protocol'>

/** SIP over TLS, from the telephone to the switch. */
export function isOverTls({ protocol }: Source): boolean {
  return /^tls$/i.test(protocol)
}

/** A browser, or a softphone that connects as browsers do: its audio is encrypted by DTLS. */
export function isWebSocket({ protocol }: Source): boolean {
  return /^wss?$/i.test(protocol)
}
