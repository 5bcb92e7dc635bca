import { Worker } from 'node:worker_threads'
import type { DatabaseMethod, DatabaseMethods, DatabaseReply, DatabaseRequest, DatabaseThreadData } from './database-requests.js'
import { StoreError } from './store-error.js'
import { threadProgram } from './thread-program.js'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * A database connection in a thread of its own. Requests are answered in order. When the thread dies, what was asked of it
 * rejects, and the next request starts another one. `close` may be called twice.
 */
export class ThreadedDatabase {
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #nextId = 1
  #closing: Promise<void> | undefined

  private constructor(
    private readonly program: URL,
    private readonly data: DatabaseThreadData,
  ) {}

  /** Rejects with one line when the file cannot be opened. */
  static async open(data: DatabaseThreadData): Promise<ThreadedDatabase> {
    const database = new ThreadedDatabase(await threadProgram('database-thread', import.meta.url), data)
    try {
      await database.#send('open', [])
      return database
    } catch (error) {
      await database.close()
      throw error
    }
  }

  /** Rejects with the database's own words. */
  ask<M extends DatabaseMethod>(method: M, ...args: Parameters<DatabaseMethods[M]>): ReturnType<DatabaseMethods[M]> {
    // The thread answers with what this very method returned (`database-thread.ts`).
    return this.#send(method, args) as ReturnType<DatabaseMethods[M]>
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    await this.#send('close', []).catch(() => undefined)
    await gone
  }

  #send(method: DatabaseRequest['method'], args: readonly unknown[]): Promise<unknown> {
    if (this.#closing && method !== 'close') return Promise.reject(new Error('the store is closed'))
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#pending.set(id, { resolve, reject })
      const worker = (this.#worker ??= this.#start())
      worker.postMessage({ id, method, args } satisfies DatabaseRequest)
    })
  }

  #start(): Worker {
    const worker = new Worker(this.program, { workerData: this.data, name: `store-${this.data.role}` })
    worker.on('message', (reply: DatabaseReply) => {
      const pending = this.#pending.get(reply.id)
      this.#pending.delete(reply.id)
      if (reply.ok) pending?.resolve(reply.value)
      else pending?.reject(new StoreError(reply.why, reply.code))
    })
    let why = 'the store thread has ended'
    worker.on('error', (error) => {
      why = `the store thread has died: ${error instanceof Error ? error.message : String(error)}`
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
