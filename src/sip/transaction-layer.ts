import type { SipClock } from './clock.js'
import type { Endpoint } from './endpoint.js'
import type { SipRequest, SipResponse } from './message.js'
import type { Transport } from './transport.js'

/** RFC 3261 17.1.1.1 and table 4, in milliseconds. */
export interface TimerValues {
  readonly t1: number
  readonly t2: number
  readonly t4: number
}

export interface TransactionLayerOptions {
  readonly transport: Transport
  readonly clock?: SipClock
  readonly timers?: Partial<TimerValues>
  /** Uniform in [0, 1): source of branches and tags. Tests seed it. */
  readonly random?: () => number
  /** The layer sends 100 on its own when the user has not answered an INVITE by then. Default 200 (RFC 3261 17.2.1); 0: at once. */
  readonly tryingAfterMs?: number
  /** On a CANCEL that matches, the layer also answers the INVITE with 487 (default true). 200 to the CANCEL always goes out. */
  readonly answerCancelled?: boolean
}

/** Why a client transaction ended without a final response: no answer in time, or the message could not be sent. */
export type ClientFailure = 'timeout' | 'transport'

export interface ClientEvents {
  provisional?(response: SipResponse): void
  /**
   * A final response. Once, but for INVITE: there each 2xx with a new To tag is handed up (forking), each to be acknowledged with
   * `acknowledge`; repeated 2xx are then acknowledged by the layer. 3xx-6xx are acknowledged by the layer.
   */
  final(response: SipResponse): void
  failed(why: ClientFailure, detail: string): void
  /** The transaction is gone from the layer. */
  ended?(): void
}

export interface ClientTransaction {
  readonly request: SipRequest
  readonly destination: Endpoint
  /** INVITE only: sends CANCEL as soon as RFC 3261 9.1 allows (after the first provisional); nothing once a final response came. */
  cancel(headers?: Readonly<Record<string, string>>): void
  /** INVITE only: sends the ACK for a 2xx, and again whenever that 2xx is repeated. `ack` needs no Via. */
  acknowledge(ack: SipRequest, destination?: Endpoint): void
}

export interface ServerEvents {
  /** A CANCEL matched this INVITE before its final answer. */
  cancelled?(cancel: SipRequest): void
  /** The ACK for our 2xx came (once; the layer stops repeating the 2xx). */
  acknowledged?(ack: SipRequest, source: Endpoint): void
  /** 64*T1 went by without an ACK for our final answer. After a 2xx the dialog must be ended with BYE (RFC 3261 13.3.1.4). */
  unacknowledged?(): void
  /** A response could not be sent. */
  failed?(detail: string): void
  ended?(): void
}

export interface ServerTransaction {
  readonly request: SipRequest
  readonly source: Endpoint
  readonly local: Endpoint
  /** The tag that the layer puts into To of whatever it answers itself; use it for your own answers too. */
  readonly localTag: string
  /** The final response, once sent. */
  readonly answered: SipResponse | undefined
  events: ServerEvents
  /**
   * Sends a response, with Via/From/To/Call-ID/CSeq as the caller of this method made them (`responseTo`). A 2xx to INVITE is repeated
   * until its ACK. Provisional responses after the final one and second final responses are dropped: false.
   */
  respond(response: SipResponse): boolean
}

/** What the layer hands up. */
export interface TransactionUser {
  /** A new request, neither ACK nor CANCEL. */
  request(transaction: ServerTransaction): void
  /** An ACK that belongs to no 2xx of this layer which still waits for it. */
  strayAck?(ack: SipRequest, source: Endpoint): void
  /** A response that belongs to no transaction: late 2xx of an INVITE above all. */
  strayResponse?(response: SipResponse, source: Endpoint): void
}

/** Numbers of what is open; all zero some time after the last message (at most 64*T1). */
export interface TransactionCounts {
  readonly client: number
  readonly server: number
  /** 2xx that wait for their ACK. */
  readonly unacknowledged: number
}

/**
 * Runs the four state machines of RFC 3261 17 over a transport with timers. Sits on `transport.user`.
 */
export declare class TransactionLayer {
  constructor(options: TransactionLayerOptions)
  readonly transport: Transport
  readonly timers: TimerValues
  user: TransactionUser | undefined
  get counts(): TransactionCounts
  /** Starts a client transaction: puts the top Via on the request and sends it. */
  send(request: SipRequest, destination: Endpoint, events: ClientEvents): ClientTransaction
  /** Sends outside any transaction: ACKs to 2xx whose transaction has gone, stateless answers. A request gets a Via. */
  sendStateless(message: SipRequest | SipResponse, destination: Endpoint): void
  newTag(): string
  newBranch(): string
  newCallId(): string
  /** Drops every transaction and timer without a message. The transport is its opener's to close. */
  close(): void
}

/** A response with Via, From, To, Call-ID, CSeq (and Record-Route, Timestamp where due) copied: RFC 3261 8.2.6. */
export declare function responseTo(request: SipRequest, status: number, options?: { readonly reason?: string; readonly toTag?: string }): SipResponse

/** Where a response goes: RFC 3261 18.2.2, RFC 3581 4. */
export declare function responseDestination(response: SipResponse, source: Endpoint): Endpoint
