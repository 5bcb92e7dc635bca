import { isIP } from 'node:net'
import { hostForSocket, isStream, type Endpoint } from './endpoint.js'
import { SipResponse, type SipRequest } from './message.js'
import { reasonOf } from './reasons.js'
import { plainAddress } from './same-host.js'
import type { Via } from './via.js'

/**
 * A response with Via, From, To, Call-ID and CSeq copied as text (RFC 3261 8.2.6.2); Record-Route where it makes a dialog (12.1.1);
 * Timestamp in a 100. Needs no header to be well-formed, so that 400 can answer what could not be read.
 * @param options.toTag added to To where the request had no tag
 */
export function responseTo(
  request: SipRequest,
  status: number,
  options: { readonly reason?: string; readonly toTag?: string } = {},
): SipResponse {
  const response = new SipResponse(status, options.reason ?? reasonOf(status))
  const { headers } = response
  for (const via of request.headers.lines('Via')) headers.add('Via', via)
  if (status > 100 && status < 300) for (const route of request.headers.lines('Record-Route')) headers.add('Record-Route', route)
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    const value = request.headers.get(name)
    if (value === undefined) continue
    const tagged = name === 'To' && options.toTag !== undefined && status > 100 && !/;\s*tag\s*=/i.test(value)
    headers.add(name, tagged ? `${value};tag=${options.toTag}` : value)
  }
  const timestamp = status === 100 ? request.headers.get('Timestamp') : undefined
  if (timestamp !== undefined) headers.add('Timestamp', timestamp)
  return response
}

/** Which port of the sender is answered over UDP where it did not ask for `rport`: the one its Via names (RFC 3261 18.2.2), or its packet's. */
export type AnsweredPort = 'via' | 'source'

/**
 * Where a response goes. Always to the address that the request came from, whatever its Via says: `maddr` and a host of the sender's choice
 * would let any sender direct our packets at a third party. Over a connection to the one that brought it. Over UDP to the port that it came from when it asked with
 * `rport` (RFC 3581 4), else to the port of its Via, since that is where old gateways listen; but when the Via names another address than the
 * packet's, its port means nothing either (a NAT in between).
 * @param via top Via of the request
 */
export function responseDestination(via: Via, source: Endpoint, port: AnsweredPort = 'via'): Endpoint {
  if (isStream(source.protocol) || port === 'source' || via.params.has('rport')) return source
  const host = hostForSocket(via.host)
  if (isIP(host) !== 0 && plainAddress(host) !== plainAddress(source.address)) return source
  return { protocol: 'udp', address: source.address, port: via.port === undefined || via.port === 0 ? 5060 : via.port }
}
