import type { Endpoint } from '../endpoint.js'
import type { SipRequest, SipResponse } from '../message.js'
import { sameHost } from '../same-host.js'
import { BRANCH_COOKIE, branchOf, sentBy } from '../via.js'

/** The key of a client transaction: branch and method (RFC 3261 17.1.3). */
export function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`
}

/** Of the client transaction that a response belongs to. */
export function clientKeyOf(response: SipResponse): string {
  return clientKey(branchOf(response.via) ?? '', response.cseq.method)
}

/**
 * The key of the server transaction that a request belongs to (RFC 3261 17.2.3): branch, sent-by and method, ACK counted as INVITE. For a
 * sender of RFC 2543, whose branch promises nothing, Request-URI, From tag, Call-ID, CSeq number and the top Via stand in for it.
 * @param method whose transaction is meant; CANCEL looks up the one of INVITE
 */
export function serverKey(request: SipRequest, method = request.method === 'ACK' ? 'INVITE' : request.method): string {
  const { via } = request
  const branch = branchOf(via)
  if (branch !== undefined && branch.startsWith(BRANCH_COOKIE) && branch.length > BRANCH_COOKIE.length)
    return `${branch}|${sentBy(via)}|${method}`
  return ['2543', request.uri, request.fromTag ?? '', request.callId, request.cseq.sequence, sentBy(via), branch ?? '', method].join('|')
}

/** The key that identifies the ACK of a 2xx, which comes in a transaction of its own, within the dialog (RFC 3261 13.3.1.4). */
export function ackKey(message: SipRequest | SipResponse): string {
  return `${message.callId}|${message.fromTag ?? ''}|${message.toTag ?? ''}|${message.cseq.sequence}`
}

/** A CANCEL comes from where its INVITE came from, the previous hop (RFC 3261 9.1), and repeats what that said. */
export function cancels(
  cancel: SipRequest,
  source: Endpoint,
  { request, source: from }: { readonly request: SipRequest; readonly source: Endpoint },
): boolean {
  return (
    sameHost(source.address, from.address) &&
    cancel.callId === request.callId &&
    cancel.fromTag === request.fromTag &&
    cancel.cseq.sequence === request.cseq.sequence
  )
}
