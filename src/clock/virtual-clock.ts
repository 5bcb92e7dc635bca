import type { Clock } from './clock.js'

interface Timer {
  readonly dueAt: number
  readonly order: number
  action: (() => void) | undefined
}

/**
 * A clock whose time passes only on command: thousands of calls run in a second, always in the same way.
 *
 * Time moves from one timer to the next. Between two timers every promise that can settle has settled (`settled`), so code that awaits
 * one thing after the other runs to its next wait before the clock moves on. Works for code that waits only on this clock; real input
 * and output (files, sockets) takes no virtual time and must not be waited for.
 */
export class VirtualClock implements Clock {
  readonly #startedAt: number
  readonly #timers: Timer[] = []
  #elapsedMs = 0
  #setMs = 0
  #order = 0
  #live = 0

  /** @param startAt wall-clock ms since the epoch at which the clock begins */
  constructor(startAt = 0) {
    this.#startedAt = startAt
  }

  now(): number {
    return this.#startedAt + this.#elapsedMs + this.#setMs
  }

  /** Sets the wall clock forward or back, as a correction of the machine's time. Nothing else is affected. */
  setBy(ms: number): void {
    this.#setMs += ms
  }

  monotonic(): number {
    return this.#elapsedMs
  }

  /** Whole milliseconds, as timers and the wall clock of Node.js have them: instants in facts have no fractions. */
  after(delayMs: number, action: () => void): () => void {
    const timer: Timer = { dueAt: Math.round(this.#elapsedMs + Math.max(0, delayMs)), order: this.#order++, action }
    this.#push(timer)
    this.#live++
    return () => {
      if (timer.action === undefined) return
      // The entry stays in the heap until its time and is skipped then: cancelling is the common case and must be cheap.
      timer.action = undefined
      this.#live--
    }
  }

  /** Timers set and neither fired nor cancelled. */
  get pending(): number {
    return this.#live
  }

  /** Fires timers due within the next `ms`, in order, and stops at exactly that moment. */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsedMs + ms
    await settled()
    while (this.#nextDueAt() <= target) await this.#fireNext()
    this.#elapsedMs = target
  }

  /**
   * Lets time pass until `done()` holds. It is checked whenever everything has settled.
   * @returns false when `limitMs` have passed, or no timer is left, and it does not hold
   */
  async runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    const target = this.#elapsedMs + limitMs
    await settled()
    while (!done()) {
      const dueAt = this.#nextDueAt()
      if (dueAt > target) {
        if (dueAt !== Infinity) this.#elapsedMs = target
        return false
      }
      await this.#fireNext()
    }
    return true
  }

  /**
   * Lets time pass until no timer is left.
   * @throws Error when there are still timers after `limitMs`: something goes on for ever
   */
  async runToEnd(limitMs: number): Promise<void> {
    if (!(await this.runUntil(() => this.#live === 0, limitMs)))
      throw new Error(`${this.#live} timers are still set after ${limitMs} ms of virtual time`)
  }

  #nextDueAt(): number {
    for (let top = this.#timers[0]; top !== undefined; top = this.#timers[0]) {
      if (top.action !== undefined) return top.dueAt
      this.#pop()
    }
    return Infinity
  }

  async #fireNext(): Promise<void> {
    const timer = this.#pop()
    const action = timer?.action
    if (timer === undefined || action === undefined) return
    timer.action = undefined
    this.#live--
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueAt)
    action()
    await settled()
  }

  // A binary heap, earliest first; timers of the same moment in the order in which they were set.

  #push(timer: Timer): void {
    const heap = this.#timers
    let at = heap.length
    heap.push(timer)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const other = heap[parent]
      if (other === undefined || before(other, timer)) break
      heap[at] = other
      at = parent
    }
    heap[at] = timer
  }

  #pop(): Timer | undefined {
    const heap = this.#timers
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const leftTimer = heap[left]
      if (leftTimer === undefined) break
      const rightTimer = heap[left + 1]
      const [child, childTimer] = rightTimer !== undefined && before(rightTimer, leftTimer) ? [left + 1, rightTimer] : [left, leftTimer]
      if (before(last, childTimer)) break
      heap[at] = childTimer
      at = child
    }
    heap[at] = last
    return top
  }
}

/** Resolves when no promise callback is waiting to run: Node runs every one of them before it comes to the next immediate. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function before(a: Timer, b: Timer): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order)
}
