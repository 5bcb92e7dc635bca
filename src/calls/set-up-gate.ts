import type { Clock } from '../clock/clock.js'

export interface SetUpLimits {
  /** Calls that are being answered at the same time; more of them would only make each other slow. */
  readonly width: number
  /** A caller waits for their turn for this long at most, ms; a caller who would wait longer is refused as soon as that is known. */
  readonly maxWaitMs: number
  /** When half of those that are being answered have been for this long, ms, something is stuck: no more are let in. */
  readonly slowMs: number
  /** One that has been answered for this long, ms, will never be: its place is free. */
  readonly forgottenMs: number
}

export const setUpLimits: SetUpLimits = { width: 8, maxWaitMs: 5_000, slowMs: 3_000, forgottenMs: 15_000 }

/** `refused`: overload, its turn would come too late. `gone`: the caller gave up. */
export type Admitted = { readonly kind: 'entered'; readonly leave: () => void } | { readonly kind: 'refused' } | { readonly kind: 'gone' }

interface Waiting {
  readonly since: number
  readonly settle: (admitted: Admitted) => void
}

/** The pause between two answers assumed before any is measured. */
const firstIntervalMs = 10
/** Weight of the newest pause in their mean. */
const newest = 0.25

/**
 * The gate before the answer. Any shortage (processor, media server, an unread connection) shows in slower answers:
 * so only a few calls are answered at a time, the others wait in order of arrival, and those whose turn would come too late are refused
 * now. Running calls do not concern it.
 */
export class SetUpGate {
  readonly #clock: Clock
  readonly #limits: SetUpLimits
  readonly #inside = new Map<object, number>()
  readonly #queue: Waiting[] = []
  /** Mean pause between two that leave while others wait, ms. */
  #intervalMs = firstIntervalMs
  /** When the last one left, or the first one began to wait, whichever was later. */
  #leftAt = 0

  constructor(clock: Clock, limits: SetUpLimits = setUpLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#queue.length
  }

  /** The next one need not wait. */
  get hasRoom(): boolean {
    return this.#queue.length === 0 && this.#mayEnter()
  }

  /**
   * Asks to be let in. A call that is let in calls `leave` once answered or refused; twice is harmless.
   * @param signal aborts when the caller gives up
   */
  enter(signal: AbortSignal): Admitted | Promise<Admitted> {
    if (signal.aborted) return { kind: 'gone' }
    this.#next()
    if (this.hasRoom) return this.#entered()
    if (this.#waitMs(this.#queue.length) > this.#limits.maxWaitMs) return { kind: 'refused' }
    return new Promise((resolve) => {
      const waiting: Waiting = {
        since: this.#clock.monotonic(),
        settle: (admitted) => {
          cancelTimer()
          signal.removeEventListener('abort', gone)
          resolve(admitted)
        },
      }
      const gone = (): void => this.#remove(waiting, { kind: 'gone' })
      const cancelTimer = this.#clock.after(this.#limits.maxWaitMs, () => this.#remove(waiting, { kind: 'refused' }))
      signal.addEventListener('abort', gone, { once: true })
      if (this.#queue.length === 0) this.#leftAt = waiting.since
      this.#queue.push(waiting)
    })
  }

  /** Estimated wait of the call at this place in the queue. */
  #waitMs(place: number): number {
    const sinceLast = this.#queue.length === 0 ? 0 : this.#clock.monotonic() - this.#leftAt
    return (place + 1) * Math.max(this.#intervalMs, sinceLast)
  }

  #mayEnter(): boolean {
    const now = this.#clock.monotonic()
    let slow = 0
    for (const [one, since] of this.#inside) {
      if (now - since >= this.#limits.forgottenMs) this.#inside.delete(one)
      else if (now - since >= this.#limits.slowMs) slow++
    }
    return this.#inside.size < this.#limits.width && slow * 2 < this.#limits.width
  }

  #entered(): Admitted {
    const one = {}
    this.#inside.set(one, this.#clock.monotonic())
    return {
      kind: 'entered',
      leave: () => {
        if (!this.#inside.delete(one)) return
        this.#measure()
        this.#next()
      },
    }
  }

  #measure(): void {
    const now = this.#clock.monotonic()
    if (this.#queue.length > 0) this.#intervalMs += newest * (now - this.#leftAt - this.#intervalMs)
    this.#leftAt = now
  }

  /** Lets calls in up to the limit, and refuses those that would wait too long. */
  #next(): void {
    while (this.#queue.length > 0 && this.#mayEnter()) this.#queue.shift()?.settle(this.#entered())
    const now = this.#clock.monotonic()
    for (let last = this.#queue.at(-1); last !== undefined; last = this.#queue.at(-1)) {
      if (now - last.since + this.#waitMs(this.#queue.length - 1) <= this.#limits.maxWaitMs) return
      this.#remove(last, { kind: 'refused' })
    }
  }

  #remove(waiting: Waiting, admitted: Admitted): void {
    const at = this.#queue.indexOf(waiting)
    if (at < 0) return
    this.#queue.splice(at, 1)
    waiting.settle(admitted)
  }
}
