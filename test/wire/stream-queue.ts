/** Messages that have come and nobody has taken yet. */
export class StreamQueue<T> {
  readonly #waiting: ((message: T | undefined) => void)[] = []
  readonly #come: T[] = []
  #closed = false

  push(message: T): void {
    const taker = this.#waiting.shift()
    if (taker) taker(message)
    else this.#come.push(message)
  }

  /** No more will come: waiting readers get undefined. */
  close(): void {
    this.#closed = true
    for (const taker of this.#waiting.splice(0)) taker(undefined)
  }

  /** The next message; undefined when the stream is closed or nothing comes in time. */
  take(withinMs: number): Promise<T | undefined> {
    const first = this.#come.shift()
    if (first !== undefined) return Promise.resolve(first)
    if (this.#closed) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const taker = (message: T | undefined): void => {
        clearTimeout(timer)
        resolve(message)
      }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(taker), 1)
        resolve(undefined)
      }, withinMs)
      this.#waiting.push(taker)
    })
  }

  /** The first message that `wanted` accepts; others stay where they are. Undefined when none such comes in time. */
  async takeWhere(wanted: (message: T) => boolean, withinMs: number): Promise<T | undefined> {
    const until = Date.now() + withinMs
    for (;;) {
      const at = this.#come.findIndex(wanted)
      if (at >= 0) return this.#come.splice(at, 1)[0]
      if (this.#closed || Date.now() > until) return undefined
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  /** As `takeWhere`, but leaves the message where it is. */
  async lookWhere(wanted: (message: T) => boolean, withinMs: number): Promise<T | undefined> {
    const until = Date.now() + withinMs
    for (;;) {
      const found = this.#come.find(wanted)
      if (found !== undefined || this.#closed || Date.now() > until) return found
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  /** Settles when the stream is closed, or after `withinMs`. @returns whether it was closed */
  async closed(withinMs: number): Promise<boolean> {
    const until = Date.now() + withinMs
    while (!this.#closed && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
    return this.#closed
  }
}
