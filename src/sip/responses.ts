import { hostForSocket, type Endpoint } from './endpoint.js'
import { SipResponse, type SipRequest } from './message.js'
import { reasonOf } from './reasons.js'
import type { Via } from './via.js'

/**
 * A response with Via, From, To, Call-ID and CSeq copied as text (RFC 3261 8.2.6.2); Record-Route where it makes a dialog (12.1.1);
 * Timestamp in a 100. Needs no header to be well-formed, so that 400 can answer what could not be read.
 * @param options.toTag added to To where the request had no tag
 */
export function responseTo(request: SipRequest, status: number, options: { readonly reason?: string; readonly toTag?: string } = {}): SipResponse {
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

/**
 * Where a response goes: RFC 3261 18.2.2 and RFC 3581 4. Over TCP to the connection that brought the request; over UDP to the address it
 * came from, at the port it came from when it asked with `rport`, else at the port that its Via names.
 * @param via top Via of the request, stamped by the transport
 */
export function responseDestination(via: Via, source: Endpoint): Endpoint {
  if (source.protocol === 'tcp' || via.params.has('rport')) return source
  const maddr = via.params.get('maddr')
  const address = maddr === null || maddr === undefined ? source.address : hostForSocket(maddr)
  return { protocol: 'udp', address, port: via.port ?? 5060 }
}
