import type { SipClock } from '../clock.js'
import type { TimerValues } from './timer-values.js'

interface Waiting<T> {
  readonly owner: T
  readonly stop: () => void
}

/**
 * Repeats each 2xx to an INVITE until its ACK comes: after T1, doubling up to T2, for 64*T1, over whatever transport (RFC 3261
 * 13.3.1.4).
 */
export class UnacknowledgedAnswers<T> {
  readonly #waiting = new Map<string, Waiting<T>>()

  constructor(
    readonly clock: SipClock,
    readonly timers: TimerValues,
  ) {}

  get size(): number {
    return this.#waiting.size
  }

  /** @param gaveUp no ACK within 64*T1 */
  add(key: string, owner: T, repeat: () => void, gaveUp: () => void): void {
    this.#waiting.get(key)?.stop()
    let stopRepeat: () => void = () => undefined
    const again = (intervalMs: number) => {
      stopRepeat = this.clock.after(intervalMs, () => {
        repeat()
        again(Math.min(intervalMs * 2, this.timers.t2))
      })
    }
    const stop = () => {
      stopRepeat()
      stopDeadline()
      this.#waiting.delete(key)
    }
    const stopDeadline = this.clock.after(64 * this.timers.t1, () => {
      stop()
      gaveUp()
    })
    again(this.timers.t1)
    this.#waiting.set(key, { owner, stop })
  }

  /** An ACK came. @returns whose 2xx it acknowledges, if one was waiting */
  acknowledge(key: string): T | undefined {
    const waiting = this.#waiting.get(key)
    waiting?.stop()
    return waiting?.owner
  }

  stopAll(): void {
    for (const waiting of [...this.#waiting.values()]) waiting.stop()
  }
}
