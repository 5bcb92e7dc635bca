import { Worker } from 'node:worker_threads'
import { threadProgram } from '../store/thread-program.js'
import type { EncodingJob, EncodingResult } from './encoding-job.js'
import type { EncoderChoice, EncodingReply, EncodingRequest } from './encoding-requests.js'

/** A thread that has had nothing to do for so long is ended. */
const idleMs = 30_000

/**
 * Encoding threads, kept for the next recording. The caller bounds how many run at once. A thread that dies (out of memory, a crash in
 * native code) is a failed encoding, and the next one gets a fresh thread.
 */
export class EncodingPool {
  readonly #idle = new Map<EncodingThread, NodeJS.Timeout>()
  #closed = false

  /** Never rejects. @param withinMs after which the thread is ended and the encoding counts as failed */
  async run(job: EncodingJob, encoder: EncoderChoice, withinMs: number): Promise<EncodingResult> {
    let thread: EncodingThread
    try {
      thread = this.#take() ?? new EncodingThread(await threadProgram('encoding-thread', import.meta.url))
    } catch (error) {
      return failed(`the encoding thread cannot be started: ${describe(error)}`)
    }
    const result = await thread.run({ job, encoder }, withinMs)
    if (thread.dead || this.#closed) await thread.end()
    else this.#keep(thread)
    return result
  }

  /** Ends the threads that have nothing to do; those at work are ended when they are done. */
  async close(): Promise<void> {
    this.#closed = true
    const threads = [...this.#idle.keys()]
    for (const timer of this.#idle.values()) clearTimeout(timer)
    this.#idle.clear()
    await Promise.all(threads.map((thread) => thread.end()))
  }

  #take(): EncodingThread | undefined {
    for (const [thread, timer] of this.#idle) {
      clearTimeout(timer)
      this.#idle.delete(thread)
      if (!thread.dead) return thread
    }
    return undefined
  }

  #keep(thread: EncodingThread): void {
    const timer = setTimeout(() => {
      this.#idle.delete(thread)
      void thread.end()
    }, idleMs)
    timer.unref()
    this.#idle.set(thread, timer)
  }
}

/** One thread, one job at a time. While it has nothing to do it does not keep the process alive. */
class EncodingThread {
  readonly #worker: Worker
  #dead: string | undefined
  #settle: ((result: EncodingResult) => void) | undefined

  constructor(program: URL) {
    this.#worker = new Worker(program, { name: 'encoding' })
    this.#worker.on('message', (reply: EncodingReply) => this.#settle?.(reply))
    this.#worker.on('error', (error) => this.#die(`the encoding thread has died: ${describe(error)}`))
    this.#worker.on('exit', () => this.#die('the encoding thread has ended'))
  }

  get dead(): boolean {
    return this.#dead !== undefined
  }

  run(request: EncodingRequest, withinMs: number): Promise<EncodingResult> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#die(`not done after ${withinMs} ms`), withinMs)
      this.#settle = (result) => {
        this.#settle = undefined
        clearTimeout(timer)
        this.#worker.unref()
        resolve(result)
      }
      if (this.#dead !== undefined) return this.#die(this.#dead)
      this.#worker.ref()
      this.#worker.postMessage(request)
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #die(why: string): void {
    this.#dead ??= why
    this.#settle?.(failed(why))
  }
}

function failed(why: string): EncodingResult {
  return { kind: 'failed', stage: 'encode', why, unusable: false }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
