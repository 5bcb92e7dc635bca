import type { SipClock } from './clock.js'
import type { Endpoint } from './endpoint.js'
import type { SipRequest, SipResponse } from './message.js'
import type { NameAddr } from './name-addr.js'
import type { Session } from './session.js'
import type { TimerValues, TransactionLayer } from './transaction-layer.js'
import type { Transport } from './transport.js'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface UserAgentOptions {
  /** Owned by the caller, who closes it after the user agent. */
  readonly transport: Transport
  readonly clock?: SipClock
  readonly timers?: Partial<TimerValues>
  readonly random?: () => number
  /** User part of our Contact. */
  readonly user?: string
  readonly displayName?: string
  /** From of our requests; default `sip:user@<our address>`. */
  readonly addressOfRecord?: string
  readonly userAgentHeader?: string
  /** Sent to every request outside a dialog instead of the URI's own host: an outbound proxy. */
  readonly outboundProxy?: string
  /** Requests inside a dialog go to the address that packets came from when the peer's Contact is private and differs (default true). */
  readonly natAware?: boolean
  /** Session-Expires that we ask for in our INVITEs, seconds; default none. What the peer asks for is always answered (RFC 4028). */
  readonly sessionExpiresSeconds?: number
  readonly tryingAfterMs?: number
}

export interface InviteOptions {
  /** Our offer. Left out: an INVITE without SDP; `answerOffer` is then asked for our answer to the offer in the 200. */
  readonly sdp?: string
  readonly answerOffer?: (offer: string) => string | undefined | Promise<string | undefined>
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly from?: NameAddr
  readonly auth?: Credentials
  /** `required`: Require: 100rel; `supported` (default); `none`. */
  readonly reliableProvisionals?: 'required' | 'supported' | 'none'
  /** Abort: CANCEL; a 200 that crosses it is acknowledged and ended with BYE. */
  readonly signal?: AbortSignal
  readonly onProvisional?: (progress: Progress) => void
  /** Where to send the INVITE instead of resolving the URI. */
  readonly destination?: Endpoint
}

export interface Progress {
  readonly status: number
  readonly reason: string
  /** SDP of early media, where there was any. */
  readonly sdp: string | undefined
  readonly response: SipResponse
}

export type InviteResult =
  | { readonly kind: 'answered'; readonly session: Session; readonly response: SipResponse }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly response: SipResponse }
  /** Our signal aborted; nothing is left open. */
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly why: 'timeout' | 'transport' | 'unresolved' | 'badUri' | 'badAnswer'; readonly detail: string }

/** An INVITE that wants an answer. */
export interface IncomingInvite {
  readonly request: SipRequest
  readonly source: Endpoint
  /** The offer; undefined: the INVITE came without SDP, so `answer(sdp)` gives an offer, and the answer comes with the ACK. */
  readonly offer: string | undefined
  /** Aborts on CANCEL (487 has been sent) and when the user agent closes. */
  readonly signal: AbortSignal
  /** 180. Sent reliably when the caller requires 100rel. */
  ring(): void
  /** 183 with early media. */
  progress(sdp: string): void
  /** 200. @returns the session, or what came in between. The session is confirmed when the ACK comes. */
  answer(sdp: string, headers?: readonly (readonly [name: string, value: string])[]): Promise<AnswerResult>
  /** 3xx-6xx. Harmless when a final answer is out already. */
  reject(status: number, options?: { readonly reason?: string; readonly headers?: readonly (readonly [name: string, value: string])[] }): void
}

export type AnswerResult =
  | { readonly kind: 'answered'; readonly session: Session; /** From the ACK, for an INVITE that came without SDP. */ readonly lateAnswer: string | undefined }
  | { readonly kind: 'cancelled' }
  /** No ACK within 64*T1: the dialog has been ended with BYE. */
  | { readonly kind: 'unacknowledged' }

/** A SIP user agent over one transport: places and takes calls, registers. */
export declare class UserAgent {
  constructor(options: UserAgentOptions)
  readonly layer: TransactionLayer
  /** Takes incoming INVITEs; without a handler they are refused with 480. */
  onInvite: ((invite: IncomingInvite) => void) | undefined
  /** Any other request outside a dialog (REGISTER, MESSAGE, ...): return a response, or undefined for the default (OPTIONS 200, else 405). */
  onRequest: ((request: SipRequest, source: Endpoint) => SipResponse | undefined) | undefined
  get sessions(): ReadonlySet<Session>
  /** Never rejects. */
  invite(uri: string, options: InviteOptions): Promise<InviteResult>
  /** REGISTER with digest, refreshed until `unregister` of the result. */
  register(options: RegisterOptions): Promise<RegisterResult>
  /** A request outside any dialog. Never rejects. */
  request(method: string, uri: string, options?: { readonly headers?: readonly (readonly [string, string])[]; readonly body?: { readonly type: string; readonly content: string }; readonly auth?: Credentials }): Promise<RequestResult>
  /** BYE to every session, CANCEL to what rings, then everything dropped within `graceMs` (default 1000). Does not close the transport. */
  close(graceMs?: number): Promise<void>
}

export type RequestResult =
  | { readonly kind: 'answered'; readonly response: SipResponse }
  | { readonly kind: 'failed'; readonly why: 'timeout' | 'transport' | 'unresolved' | 'badUri'; readonly detail: string }

export interface RegisterOptions {
  /** `sip:registrar.example:5060`. */
  readonly registrar: string
  readonly addressOfRecord?: string
  readonly auth?: Credentials
  readonly expiresSeconds?: number
}

export type RegisterResult =
  | { readonly kind: 'registered'; readonly expiresSeconds: number; readonly unregister: () => Promise<void> }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly why: string }
