import { fork, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { threadProgram } from '../store/thread-program.js'
import {
  settingsVariable,
  type EncodingJob,
  type EncodingResult,
  type EncodingSettings,
  type FromEncoding,
  type ToEncoding,
  type WantedLame,
} from './encoding-messages.js'

/** How long it may take until it accepts messages: it may wait behind everything that is more urgent. */
const upWithinMs = 180_000
const endWithinMs = 3_000
/** Jobs that may wait for the disk at the same time. */
const diskThreads = '16'

export type Up = Extract<FromEncoding, { readonly kind: 'up' }>

/** The end of a job: its result, or none, since the process died over it. */
export type Answer = EncodingResult | { readonly kind: 'died'; readonly why: string }

/** One run of the encoding process, from its start to its end. It does not keep the engine alive. */
export class EncodingChild {
  /** Rejects when it ends first. */
  readonly up: Promise<Up>
  /** Says why it ended. */
  readonly ended: Promise<string>
  readonly #jobs = new Map<number, (answer: Answer) => void>()
  #lastNumber = 0
  #over: string | undefined
  #killedFor: string | undefined
  #askedAt: number | undefined

  private constructor(private readonly child: ChildProcess) {
    let complaints = ''
    child.stderr?.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2_000)))
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        const said = complaints.trim().split('\n').at(-1) ?? ''
        this.#over ??= `the encoding process has ended (${this.#killedFor ?? how})${said === '' ? '' : `: ${said}`}`
        for (const settle of this.#jobs.values()) settle({ kind: 'died', why: this.#over })
        this.#jobs.clear()
        resolve(this.#over)
      }
      child.on('error', (error) => {
        if (child.pid === undefined) end(error.message)
      })
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code ?? 'unknown'}`))
    })
    this.up = new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => this.kill(`not up after ${upWithinMs / 1_000} s`), upWithinMs).unref()
      child.on('message', (message) => {
        const told = message as FromEncoding
        if (told.kind === 'up') {
          clearTimeout(tooLate)
          resolve(told)
        } else if (told.kind === 'made') {
          this.#jobs.get(told.number)?.(told.result)
          this.#jobs.delete(told.number)
        } else this.#askedAt = undefined
      })
      void this.ended.then((why) => {
        clearTimeout(tooLate)
        reject(new Error(why))
      })
    })
    this.up.catch(() => undefined)
    child.unref()
    child.channel?.unref()
    ;(child.stderr as Socket | null)?.unref()
  }

  /** Rejects when there is no program or the system starts no more processes. */
  static async start(settings: EncodingSettings): Promise<EncodingChild> {
    const program = await threadProgram('encoding-main', import.meta.url)
    return new EncodingChild(
      fork(fileURLToPath(program), [], {
        env: { ...process.env, UV_THREADPOOL_SIZE: diskThreads, [settingsVariable]: JSON.stringify(settings) },
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        execArgv: [],
        // Not detached: its low priority counts only within its own session (sched(7), autogroup), and there it has to yield to the voice.
      }),
    )
  }

  get pid(): number | undefined {
    return this.child.pid
  }

  get busy(): boolean {
    return this.#jobs.size > 0
  }

  send(message: ToEncoding): void {
    if (this.#over === undefined && this.child.connected) this.child.send(message, () => undefined)
  }

  /** Never rejects. @param withinMs the process is ended after this */
  make(job: EncodingJob, lame: WantedLame, withinMs: number): Promise<Answer> {
    if (this.#over !== undefined) return Promise.resolve({ kind: 'died', why: this.#over })
    const number = ++this.#lastNumber
    return new Promise((resolve) => {
      const tooLate = setTimeout(() => this.kill(`not done with a recording after ${withinMs / 1_000} s`), withinMs)
      this.#jobs.set(number, (answer) => {
        clearTimeout(tooLate)
        resolve(answer)
      })
      this.send({ kind: 'make', number, job, lame })
    })
  }

  /** Asks whether it still listens, and ends it when it has not answered for this long. */
  look(frozenAfterMs: number): void {
    const now = performance.now()
    if (this.#askedAt === undefined) {
      this.#askedAt = now
      this.send({ kind: 'ping' })
    } else if (now - this.#askedAt > frozenAfterMs) this.kill(`no answer for ${frozenAfterMs / 1_000} s`)
  }

  kill(why: string): void {
    this.#killedFor ??= why
    this.child.kill('SIGKILL')
  }

  /** Lets it end by itself, in the end by force. */
  async end(): Promise<void> {
    const hurry = setTimeout(() => this.kill('it did not end'), endWithinMs)
    if (this.child.connected) this.child.disconnect()
    await this.ended
    clearTimeout(hurry)
  }
}
