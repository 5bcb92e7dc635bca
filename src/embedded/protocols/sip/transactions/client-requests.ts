import { SipRequest, type SipResponse } from '../message.js'

/** What CANCEL and the ACK for a refusal take over from the INVITE. */
function likeInvite(method: string, invite: SipRequest): SipRequest {
  const request = new SipRequest(method, invite.uri)
  const { headers } = request
  headers.add('Via', invite.headers.values('Via')[0] ?? '')
  for (const route of invite.headers.lines('Route')) headers.add('Route', route)
  headers.add('Max-Forwards', '70')
  headers.add('From', invite.headers.get('From') ?? '')
  headers.add('To', invite.headers.get('To') ?? '')
  headers.add('Call-ID', invite.callId)
  headers.add('CSeq', `${invite.cseq.sequence} ${method}`)
  return request
}

/** The ACK for a 3xx-6xx: same branch as the INVITE, To of the response (RFC 3261 17.1.1.3). */
export function ackForRefusal(invite: SipRequest, response: SipResponse): SipRequest {
  const ack = likeInvite('ACK', invite)
  ack.headers.set('To', response.headers.get('To') ?? invite.headers.get('To') ?? '')
  return ack
}

/** The CANCEL for an INVITE: same branch, same To without a tag (RFC 3261 9.1). */
export function cancelFor(invite: SipRequest, extra: Readonly<Record<string, string>> = {}): SipRequest {
  const cancel = likeInvite('CANCEL', invite)
  for (const [name, value] of Object.entries(extra)) cancel.headers.set(name, value)
  return cancel
}
