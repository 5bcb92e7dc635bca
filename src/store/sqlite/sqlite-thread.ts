import { Worker } from 'node:worker_threads'
import { messageOf } from '../../common/errors.js'
import type { Result, Statement, Step } from '../statement.js'
import { StoreError } from '../store-error.js'
import { threadProgram } from '../thread-program.js'
import type { SqliteRunner } from './dialect.js'
import type { Reply, Request, ThreadData, Work } from './messages.js'

interface Pending {
  readonly resolve: (results: readonly Result[]) => void
  readonly reject: (error: Error) => void
}

/**
 * A connection in a thread of its own, which answers in the order in which it is asked. When the thread dies, what was asked of it rejects, and
 * the next request starts another one. `close` may be called twice.
 */
export class SqliteThread implements SqliteRunner {
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #nextId = 1
  #closing: Promise<void> | undefined

  private constructor(
    private readonly program: URL,
    private readonly data: ThreadData,
  ) {}

  /** Rejects with one line when the file cannot be opened. */
  static async open(data: ThreadData): Promise<SqliteThread> {
    const thread = new SqliteThread(await threadProgram('database-thread', import.meta.url), data)
    try {
      await thread.#send({ kind: 'open' })
      return thread
    } catch (error) {
      await thread.close()
      throw error
    }
  }

  async run(statement: Statement, inside: boolean): Promise<Result> {
    const [result] = await this.#send({ kind: 'run', statement, inside })
    return result ?? { rows: [], changed: 0 }
  }

  batch(steps: readonly Step[]): Promise<readonly Result[]> {
    return this.#send({ kind: 'batch', steps })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    await this.#send({ kind: 'close' }).catch(() => undefined)
    await gone
  }

  #send(work: Work): Promise<readonly Result[]> {
    if (this.#closing && work.kind !== 'close') return Promise.reject(new Error('the store is closed'))
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#pending.set(id, { resolve, reject })
      const worker = (this.#worker ??= this.#start())
      worker.postMessage({ id, work } satisfies Request)
    })
  }

  #start(): Worker {
    const worker = new Worker(this.program, { workerData: this.data, name: `store-${this.data.role}` })
    worker.on('message', (reply: Reply) => {
      const pending = this.#pending.get(reply.id)
      this.#pending.delete(reply.id)
      if (reply.ok) pending?.resolve(reply.results)
      else pending?.reject(new StoreError(reply.why, reply.code))
    })
    let why = 'the store thread has ended'
    worker.on('error', (error) => {
      why = `the store thread has died: ${messageOf(error)}`
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      const left = [...this.#pending.values()]
      this.#pending.clear()
      for (const pending of left) pending.reject(new Error(why))
    })
    return worker
  }
}
