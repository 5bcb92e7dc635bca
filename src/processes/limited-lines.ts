export interface LineLimit {
  /** So many lines may come at once ... */
  readonly burst: number
  /** ... and one more each time that so many ms have passed. */
  readonly refillMs: number
  /** How long after the first line left out it is said how many were, ms. */
  readonly summaryMs: number
}

/** What strangers can cause: enough to see what happens, too little to fill a disk (some 1,500 lines a day). */
export const strangersLines: LineLimit = { burst: 20, refillMs: 60_000, summaryMs: 60_000 }
/** What only a fault of ours can cause, over and over. */
export const faultLines: LineLimit = { burst: 50, refillMs: 1_000, summaryMs: 10_000 }

/** Writes lines as long as they are few; beyond that it counts them, and says how many were left out. */
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
