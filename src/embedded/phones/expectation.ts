/** A phone waited for something that did not come. The message says what came instead. */
export class Disappointed extends Error {
  override readonly name = 'Disappointed'
}

/**
 * Waits for `started` to call back, `withinMs` at most.
 * @param start begins listening; returns what ends it. `settle` may be called at once
 * @param what for the message, in words: "hear 440 Hz"
 */
export function expectWithin<T>(
  withinMs: number,
  start: (settle: (value: T) => void, fail: (why: string) => void) => () => void,
  what: () => string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false
    let stop: () => void = () => undefined
    const finish = (action: () => void) => {
      if (over) return
      over = true
      clearTimeout(timer)
      stop()
      action()
    }
    const timer = setTimeout(() => finish(() => reject(new Disappointed(`${what()} (waited ${withinMs} ms)`))), withinMs)
    stop = start(
      (value) => finish(() => resolve(value)),
      (why) => finish(() => reject(new Disappointed(why))),
    )
    // It may have been settled before there was anything to stop.
    if (over as boolean) stop()
  })
}

/** Something whose state changes, and the waits for a certain state. */
export class Changes {
  readonly #checks = new Set<() => void>()

  happened(): void {
    for (const check of [...this.#checks]) check()
  }

  /**
   * Waits until `look` finds something.
   * @param what for the message: what should have happened
   * @throws Disappointed
   */
  until<T>(look: () => T | undefined, withinMs: number, what: () => string): Promise<T> {
    return expectWithin<T>(
      withinMs,
      (settle) => {
        const check = () => {
          const found = look()
          if (found !== undefined) settle(found)
        }
        this.#checks.add(check)
        check()
        return () => this.#checks.delete(check)
      },
      what,
    )
  }
}
