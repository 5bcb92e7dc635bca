import type { SipRequest, SipResponse } from './message.js'

/** How a session ended. */
export type SessionEnd =
  /** BYE from the other side. */
  | { readonly kind: 'remote'; readonly request: SipRequest }
  /** We sent BYE. */
  | { readonly kind: 'local' }
  /** 481 or 408 inside the dialog, no ACK, session timer ran out, transport failed. BYE has been tried. */
  | { readonly kind: 'lost'; readonly why: string }

/** What to do with an offer inside the session: an answer, or a refusal. */
export type OfferDecision = { readonly answer: string } | { readonly reject: number }

/** Handlers of the other side's requests inside the dialog. All optional. */
export interface SessionHandlers {
  /**
   * re-INVITE or UPDATE with an offer, or (`offer` undefined) a re-INVITE that wants one. Default: 488 for an offer; for an empty
   * re-INVITE our last SDP.
   */
  offer?: (offer: string | undefined) => OfferDecision | Promise<OfferDecision>
  /** The answer (in ACK) to the offer that we gave to an empty re-INVITE. */
  answered?: (sdp: string) => void
  /** INFO. Return a status; default 200. */
  info?: (request: SipRequest) => number
  /** Any other request inside the dialog (REFER, NOTIFY, MESSAGE). Undefined: OPTIONS 200, others 405. */
  request?: (request: SipRequest) => SipResponse | undefined
}

export type ModifyResult =
  | { readonly kind: 'answered'; readonly sdp: string | undefined; readonly response: SipResponse }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly why: string }
