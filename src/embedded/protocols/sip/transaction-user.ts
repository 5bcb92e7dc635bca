import type { SipClock } from './clock.js'
import type { Endpoint } from './endpoint.js'
import type { SipRequest } from './message.js'
import type { Strangers } from './strangers.js'
import type { ServerTransaction } from './transactions/server-transaction.js'
import type { TimerValues } from './transactions/timer-values.js'
import type { Transport } from './transport.js'

export interface TransactionLayerOptions {
  readonly transport: Transport
  readonly clock?: SipClock
  readonly timers?: Partial<TimerValues>
  /** Uniform in [0, 1): a seeded source of branches and tags, for tests only. Default: the operating system's. */
  readonly random?: () => number
  /** The layer sends 100 on its own when the user has not answered an INVITE by then. Default 200 (RFC 3261 17.2.1); 0: at once. */
  readonly tryingAfterMs?: number
  /** On a CANCEL that matches, the layer also answers the INVITE with 487 (default true). 200 to the CANCEL always goes out. */
  readonly answerCancelled?: boolean
  /** An INVITE that has had a provisional response is cancelled after this long without another one (timer C). Default 300 s. */
  readonly proceedingMs?: number
  /** Server transactions at the same time; beyond, requests outside dialogs get 503 and nothing is kept for them. Default 20,000. */
  readonly maxTransactions?: number
  /** Who is a stranger, and how many requests they may send. Absent: no source is one. */
  readonly strangers?: Strangers
  /** An INVITE that the user never answers gets 480 after this long; default 600 s. Other requests are forgotten after 64*T1. */
  readonly unansweredMs?: number
}

/** What the layer hands up. */
export interface TransactionUser {
  /** A new request, neither ACK nor CANCEL. Must be answered, now or later. */
  request(transaction: ServerTransaction): void
  /** Whether a request with a To tag belongs to a dialog. Those are taken from any address: their tags prove more than an address does. */
  isInDialog?(request: SipRequest): boolean
  /** An ACK that belongs to no 2xx of this layer which still waits for it. */
  strayAck?(ack: SipRequest, source: Endpoint): void
}

/** Numbers of what is open; all zero some time after the last message (at most 64*T1). */
export interface TransactionCounts {
  readonly client: number
  readonly server: number
  /** 2xx that wait for their ACK. */
  readonly unacknowledged: number
}
