import type { SipClock } from './clock.js'
import type { SipRequest, SipResponse } from './message.js'
import type { TimerValues } from './transaction-layer.js'

interface Sent {
  readonly rseq: number
  readonly response: SipResponse
}

/**
 * Reliable provisional responses of one INVITE that we answer: RFC 3262 3. One at a time waits for its PRACK, repeated after T1, doubling,
 * for 64*T1; the others queue behind it.
 */
export class ReliableProvisionals {
  readonly #queue: SipResponse[] = []
  #next: number
  #waiting: Sent | undefined
  #stop: () => void = () => undefined
  #whenEmpty: (() => void)[] = []

  /**
   * @param first the RSeq to begin with (1 to 2^31-1, RFC 3262 3)
   * @param send puts a response on the wire
   * @param gaveUp no PRACK came: the INVITE must be refused with 5xx
   */
  constructor(
    readonly clock: SipClock,
    readonly timers: TimerValues,
    first: number,
    readonly send: (response: SipResponse) => void,
    readonly gaveUp: () => void,
  ) {
    this.#next = first
  }

  push(response: SipResponse): void {
    this.#queue.push(response)
    if (this.#waiting === undefined) this.#sendNext()
  }

  #sendNext(): void {
    const response = this.#queue.shift()
    if (response === undefined) {
      const waiting = this.#whenEmpty
      this.#whenEmpty = []
      for (const action of waiting) action()
      return
    }
    const rseq = this.#next++
    response.headers.add('Require', '100rel')
    response.headers.add('RSeq', String(rseq))
    this.#waiting = { rseq, response }
    this.send(response)
    const stopDeadline = this.clock.after(64 * this.timers.t1, () => {
      this.stop()
      this.gaveUp()
    })
    this.#repeat(response, this.timers.t1, stopDeadline)
  }

  #repeat(response: SipResponse, intervalMs: number, stopDeadline: () => void): void {
    const stopRepeat = this.clock.after(intervalMs, () => {
      this.send(response)
      this.#repeat(response, intervalMs * 2, stopDeadline)
    })
    this.#stop = () => {
      stopRepeat()
      stopDeadline()
    }
  }

  /** Whether the RAck of that PRACK names the response that waits; else the PRACK gets 481. */
  isWaitingFor(prack: SipRequest, invite: SipRequest): boolean {
    const [rseq, sequence, method] = (prack.headers.get('RAck') ?? '').trim().split(/\s+/)
    return (
      this.#waiting !== undefined && rseq === String(this.#waiting.rseq) && sequence === String(invite.cseq.sequence) && method === 'INVITE'
    )
  }

  /** The PRACK for the response that waits came: on to the next. */
  acknowledged(): void {
    this.#stop()
    this.#waiting = undefined
    this.#sendNext()
  }

  /** Calls back when nothing waits for its PRACK any more: a 2xx must not overtake a provisional with SDP (RFC 3262 3). */
  afterAll(action: () => void): void {
    if (this.#waiting === undefined) action()
    else this.#whenEmpty.push(action)
  }

  stop(): void {
    this.#stop()
    this.#waiting = undefined
    this.#queue.length = 0
    this.#whenEmpty = []
  }
}
