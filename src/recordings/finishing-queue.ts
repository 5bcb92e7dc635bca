import type { Unfinished } from './finishing.js'

/** A recording to be finished. */
export interface Waiting {
  readonly recording: Unfinished
  /** Left by a dead engine, or by a party that hung up while the switch opened the file: watched for a while before it is touched. */
  readonly recovered: boolean
}

/** How many of those left behind are finished at a time: they wait for their files to settle, and are in no hurry. */
const maxRecovered = 4

/** Recordings waiting to be finished, and being finished: new recordings go before those left behind. */
export class FinishingQueue {
  readonly #waiting: Waiting[] = []
  readonly #running = new Map<Waiting, Promise<void>>()
  #idle: (() => void)[] = []

  /**
   * @param finish never rejects
   * @param most at a time
   */
  constructor(
    private readonly finish: (waiting: Waiting) => Promise<void>,
    private readonly most: number,
  ) {}

  /** Recordings waiting or being finished. */
  get size(): number {
    return this.#waiting.length + this.#running.size
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#next()
  }

  has({ recordingId }: Pick<Unfinished, 'recordingId'>): boolean {
    return [...this.#waiting, ...this.#running.keys()].some((one) => one.recording.recordingId === recordingId)
  }

  /** How many of a call's recordings wait or are being finished. */
  ofCall(callId: string): number {
    return [...this.#waiting, ...this.#running.keys()].filter((one) => one.recording.callId === callId).length
  }

  /** Settles when nothing waits or runs. */
  idle(): Promise<void> {
    if (this.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Drops those that wait. @returns when the running ones are done */
  async stop(): Promise<void> {
    this.#waiting.length = 0
    await Promise.all(this.#running.values())
  }

  #next(): void {
    while (this.#running.size < this.most) {
      const waiting = this.#take()
      if (!waiting) break
      const running = this.finish(waiting).finally(() => {
        this.#running.delete(waiting)
        this.#next()
      })
      this.#running.set(waiting, running)
    }
    if (this.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #take(): Waiting | undefined {
    const recovered = [...this.#running.keys()].filter((one) => one.recovered).length
    const index = this.#waiting.findIndex((one) => !one.recovered)
    if (index >= 0) return this.#waiting.splice(index, 1)[0]
    return recovered < maxRecovered ? this.#waiting.shift() : undefined
  }
}
