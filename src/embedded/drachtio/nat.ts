import { isIP } from 'node:net'
import { hostForSocket, isStream, isWebSocket, type Endpoint } from '../protocols/sip/endpoint.js'
import type { SipMessage } from '../protocols/sip/message.js'
import { plainAddress } from '../protocols/sip/same-host.js'
import { parseUri } from '../protocols/sip/uri.js'

/**
 * Where requests inside a dialog go instead of the Contact: to the address that the message came from, when no proxy has put itself into
 * the path and the Contact names an address or port that is not that of the sender (a phone behind a NAT), or when the party speaks over a
 * connection that it opened itself.
 */
export function routeAround(message: SipMessage, peer: Endpoint): Endpoint | undefined {
  if (message.headers.has('Record-Route')) return undefined
  const contact = parseUri(message.contacts[0]?.uri ?? '')
  if (contact === undefined) return undefined
  const host = hostForSocket(contact.host)
  const sameHost = isIP(host) === 0 || plainAddress(host) === plainAddress(peer.address)
  if (message.kind === 'response') {
    // A browser is where its WebSocket is, whatever its Contact says (RFC 7118 5).
    if (isWebSocket(peer.protocol)) return peer
    // We dialled: a differing address is a NAT's; a differing port may well be the phone's own choice.
    return sameHost ? undefined : peer
  }
  if (isStream(peer.protocol)) return peer
  return sameHost && isIP(host) !== 0 && (contact.port === undefined || contact.port === peer.port) ? undefined : peer
}
