import type { SipRequest, SipResponse } from '../protocols/sip/message.js'
import { randomBelow } from '../protocols/sip/secure-random.js'
import { answerSessionTimer, MIN_SESSION_SECONDS } from '../protocols/sip/session-timer.js'
import { responseTo, type ServerTransaction } from '../protocols/sip/transaction-layer.js'
import type { AppDialog } from './app-dialogs.js'

/** Schemes that a Request-URI may have. */
const SCHEMES = /^(?:sips?|tel):/i
/** Option tags that this server supports in Require. */
const EXTENSIONS = new Set(['100rel', 'timer'])

/** RFC 3261 8.2.2: refuses requests that cannot be served whatever they want. @returns whether it was refused */
export function refuseByForm(server: ServerTransaction): boolean {
  const { request } = server
  if (!SCHEMES.test(request.uri)) {
    refuse(server, 416)
    return true
  }
  // Whatever it requires: a BYE always ends the call.
  if (request.method === 'BYE') return false
  const unknown = request.headers.values('Require').filter((tag) => tag !== '' && !EXTENSIONS.has(tag.toLowerCase()))
  if (unknown.length === 0) return false
  const response = responseTo(request, 420, { toTag: server.localTag })
  response.headers.add('Unsupported', unknown.join(', '))
  server.respond(response)
  return true
}

/** Answers that the server gives by itself. */
export function refuse(server: ServerTransaction, status: number, localTag = server.localTag): SipResponse {
  const response = responseTo(server.request, status, { toTag: localTag })
  server.respond(response)
  return response
}

/** Why an offer inside a dialog cannot be taken now: glare (RFC 3261 14.2), or too short a session interval (RFC 4028 section 9). */
export function offerRefusal(server: ServerTransaction, dialog: AppDialog): SipResponse | undefined {
  const { request } = server
  const answer = (status: number): SipResponse => responseTo(request, status, { toTag: dialog.sip.localTag })
  if (request.method === 'INVITE' && dialog.offering) return answer(491)
  if (request.method === 'INVITE' && dialog.offered) {
    const response = answer(500)
    response.headers.add('Retry-After', `${1 + randomBelow(10)}`)
    return response
  }
  if (answerSessionTimer(request).kind === 'tooSmall') {
    const response = answer(422)
    response.headers.add('Min-SE', `${MIN_SESSION_SECONDS}`)
    return response
  }
  return undefined
}

export function supportsReliable(request: SipRequest): boolean {
  return request.headers.lists('Supported', '100rel') || request.headers.lists('Require', '100rel')
}
