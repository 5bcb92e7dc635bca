export interface LineLimit {
  /** This many lines may come at once ... */
  readonly burst: number
  /** ... and one more every this many ms. */
  readonly refillMs: number
  /** How long after the first dropped line their number is reported, ms. */
  readonly summaryMs: number
}

/** For what strangers can cause: enough to see what happens, too little to fill a disk (some 1,500 lines a day). */
export const strangersLines: LineLimit = { burst: 20, refillMs: 60_000, summaryMs: 60_000 }
/** For what only our own fault can cause, repeatedly. */
export const faultLines: LineLimit = { burst: 50, refillMs: 1_000, summaryMs: 10_000 }

/** Writes lines while they are few; beyond that it counts them, and reports how many were dropped. */
export class LimitedLines {
  #tokens: number
  #at: number
  #leftOut = 0
  #summary: NodeJS.Timeout | undefined

  /** @param now monotonic ms */
  constructor(
    private readonly output: (line: string) => void,
    private readonly limit: LineLimit,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#tokens = limit.burst
    this.#at = now()
  }

  write(line: string): void {
    const now = this.now()
    this.#tokens = Math.min(this.limit.burst, this.#tokens + (now - this.#at) / this.limit.refillMs)
    this.#at = now
    if (this.#tokens < 1) {
      this.#leftOut += 1
      this.#summary ??= setTimeout(() => this.#summarise(), this.limit.summaryMs).unref()
      return
    }
    this.#tokens -= 1
    this.output(line)
  }

  #summarise(): void {
    this.#summary = undefined
    const leftOut = this.#leftOut
    this.#leftOut = 0
    this.output(`${leftOut} more lines like these were left out`)
  }
}
