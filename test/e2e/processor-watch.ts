import { readdirSync, readFileSync } from 'node:fs'

/** How often the threads are looked at, ms. */
const everyMs = 250
/** This many looks make up the time in which a thread is judged. */
const looks = 4
/** A thread that waited longer than this for a processor in that time could not do what the wire asks of it. */
const starvedMs = 500

/**
 * Tells whether the machine kept programs from running: the kernel counts for each thread how long it was ready to run and was not run
 * (the second number of `/proc/PID/task/TID/schedstat`, ns). A call that was played meanwhile says nothing about the program, whatever came of it.
 * Where the kernel does not count this, nobody was ever kept waiting.
 */
export class ProcessorWatch {
  readonly #timer: NodeJS.Timeout
  readonly #waited = new Map<string, number[]>()
  #longestMs = 0

  /** @param processes the programs by their process number, as they come and go */
  constructor(private readonly processes: () => readonly number[]) {
    this.#look()
    this.#timer = setInterval(() => this.#look(), everyMs)
  }

  /** The longest that a thread had to wait within a second, ms. */
  get longestMs(): number {
    return this.#longestMs
  }

  get starved(): boolean {
    return this.#longestMs >= starvedMs
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#look()
  }

  #look(): void {
    for (const pid of this.processes()) {
      for (const thread of entries(`/proc/${pid}/task`)) {
        const waited = waitedMs(`/proc/${pid}/task/${thread}/schedstat`)
        if (waited === undefined) continue
        const before = this.#waited.get(`${pid}/${thread}`) ?? []
        this.#waited.set(`${pid}/${thread}`, [...before, waited].slice(-looks - 1))
        if (before[0] !== undefined) this.#longestMs = Math.max(this.#longestMs, waited - before[0])
      }
    }
  }
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // It has just ended.
    return []
  }
}

function waitedMs(file: string): number | undefined {
  try {
    const ns = Number(readFileSync(file, 'utf8').split(' ')[1])
    return Number.isFinite(ns) ? ns / 1e6 : undefined
  } catch {
    return undefined
  }
}
