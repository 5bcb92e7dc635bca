/** The order: first a recording that is over and nearly done, then running ones, then those to encode from the beginning. */
export type Urgency = 0 | 1 | 2

/**
 * Shares one thread among jobs that compute in slices: each asks for a turn before every slice, and gets it after the more urgent ones. Between two turns
 * the thread looks after everything else (messages, timers, the disk).
 */
export class Turns {
  readonly #waiting: (() => void)[][] = [[], [], []]
  #pending = false

  next(urgency: Urgency): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting[urgency]?.push(resolve)
      this.#arrange()
    })
  }

  #arrange(): void {
    if (this.#pending || this.#waiting.every((queue) => queue.length === 0)) return
    this.#pending = true
    setImmediate(() => {
      this.#pending = false
      this.#waiting.find((queue) => queue.length > 0)?.shift()?.()
      this.#arrange()
    })
  }
}
