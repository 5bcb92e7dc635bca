import type { SipRequest, SipResponse } from './message.js'
import type { Dialog } from './dialog.js'

/** How a session ended. */
export type SessionEnd =
  /** BYE from the other side. */
  | { readonly kind: 'remote'; readonly request: SipRequest }
  /** We sent BYE. */
  | { readonly kind: 'local' }
  /** 481 or 408 inside the dialog, no ACK, session timer ran out, transport failed. */
  | { readonly kind: 'lost'; readonly why: string }

/** What to do with an offer inside the session: an answer, or a refusal. */
export type OfferDecision = { readonly answer: string } | { readonly reject: number }

/** What the other side's request inside the dialog may ask of us. All optional. */
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
  /** Any other request inside the dialog (REFER, NOTIFY, MESSAGE): default 405 (OPTIONS: 200). */
  request?: (request: SipRequest) => SipResponse | undefined
}

export type ModifyResult =
  | { readonly kind: 'answered'; readonly sdp: string | undefined; readonly response: SipResponse }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly why: string }

/** An INVITE session within a confirmed dialog, seen from either side. */
export interface Session {
  readonly dialog: Dialog
  /** The last SDP that we sent and the last that we got, in offer/answer. */
  readonly localSdp: string | undefined
  readonly remoteSdp: string | undefined
  /** Settles once, never rejects. */
  readonly ended: Promise<SessionEnd>
  readonly isOver: boolean
  handlers: SessionHandlers
  /** re-INVITE with a new offer. 491 is tried again by the timers of RFC 3261 14.1, a few times. Never rejects. */
  reinvite(sdp: string, signal?: AbortSignal): Promise<ModifyResult>
  /** UPDATE (RFC 3311), with or without an offer. */
  update(sdp?: string): Promise<ModifyResult>
  info(contentType: string, body: string): Promise<ModifyResult>
  /** BYE. Settles when it is answered or has timed out; may be called twice. */
  bye(headers?: readonly (readonly [name: string, value: string])[]): Promise<void>
}
