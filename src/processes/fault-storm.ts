/** A program that fails this often within `STORM_MS` is spinning. */
const STORM_FAULTS = 1_000
const STORM_MS = 2_000

/** Tells a program that fails all the time from one with a fault now and then. */
export class FaultStorm {
  readonly #recent: number[] = []

  /** Notes a fault. @param now monotonic ms @returns whether it is one too many */
  isOne(now: number): boolean {
    this.#recent.push(now)
    return this.#recent.length > STORM_FAULTS && now - (this.#recent.shift() ?? now) < STORM_MS
  }
}
