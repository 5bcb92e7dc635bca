/**
 * A trunk from which nothing has come for this long counts as dead. Timer B of RFC 3261 (32 s) is longer than any specialist is rung; in 4 s the INVITE has
 * gone out three or four times, and a call that waits for a second trunk still has most of its ring time.
 */
export const silentMs = 4_000

/**
 * Finds out whether a trunk is there at all. Neither drachtio-server nor the embedded switch passes on the 100 that says that an INVITE has arrived,
 * and a call to a mobile may take ten seconds until it rings. So a trunk that has been silent for half the time is asked (OPTIONS); any answer will do.
 */
export class TrunkSilence {
  #heard = false
  #silent = false
  #timer: NodeJS.Timeout | undefined

  /** @param ask sends OPTIONS, and calls back on any answer */
  constructor(private readonly ask: (answered: () => void) => void) {}

  /** Nothing has come in time. Not for good: a late answer ends it. */
  get silent(): boolean {
    return this.#silent && !this.#heard
  }

  /** Begins to wait. `onSilent` is called at most once, and not after `stop()`. */
  start(timeoutMs: number, onSilent: () => void): void {
    this.#timer = setTimeout(() => {
      if (this.#heard) return
      this.ask(() => this.heard())
      this.#timer = setTimeout(() => {
        if (this.#heard) return
        this.#silent = true
        onSilent()
      }, timeoutMs / 2)
    }, timeoutMs / 2)
  }

  /** Something has come from the trunk. */
  heard(): void {
    this.#heard = true
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
