import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { asError, messageOf } from '../common/errors.js'
import { threadProgram } from '../store/thread-program.js'
import type { DeskReply, DeskRequest } from './desk-messages.js'
import type { RecordDocument } from './record-pdf.js'
import type { Waveform } from './waveform.js'

/** Idle for this long, ms: the thread ends and frees its memory. */
const idleMs = 60_000
/** The most waveforms kept, each a few kilobytes. */
const keptWaveforms = 100

interface Pending {
  readonly resolve: (reply: DeskReply) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  readonly pending: Map<number, Pending>
}

/**
 * Waveforms and PDFs, made in their own thread, started on first use: no call waits for them. If the thread dies, its
 * requests reject, and the next one starts a new thread.
 */
export class ReportDesk {
  readonly #waveforms = new Map<string, Promise<Waveform>>()
  #thread: Promise<Thread> | undefined
  #idle: NodeJS.Timeout | undefined
  #nextId = 1
  #closed = false

  /**
   * @param key the cache key: always the same for the same sound
   * @param open begins to read the MP3
   */
  async waveform(key: string, open: () => Promise<Readable>): Promise<Waveform> {
    const known = this.#waveforms.get(key)
    if (known) return known
    const made = this.#measured(open)
    this.#waveforms.set(key, made)
    made.catch(() => this.#waveforms.delete(key))
    for (const oldest of this.#waveforms.keys()) {
      if (this.#waveforms.size <= keptWaveforms) break
      this.#waveforms.delete(oldest)
    }
    return made
  }

  async pdf(document: RecordDocument): Promise<Uint8Array> {
    const { thread, id, answer } = await this.#begun()
    thread.worker.postMessage({ id, kind: 'pdf', document } satisfies DeskRequest)
    const reply = await answer
    if (reply.kind !== 'pdf') throw new Error('the thread for reports has answered something else')
    return reply.bytes
  }

  /** Ends the thread. May be called twice. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#idle)
    const thread = await this.#thread?.catch(() => undefined)
    await thread?.worker.terminate()
  }

  async #measured(open: () => Promise<Readable>): Promise<Waveform> {
    const sound = await open()
    const { thread, id, answer } = await this.#begun()
    try {
      for await (const piece of sound) {
        // A copy: a view would transfer its whole buffer.
        const bytes = Uint8Array.from(piece as Uint8Array)
        thread.worker.postMessage({ id, kind: 'sound', bytes } satisfies DeskRequest, [bytes.buffer])
      }
      thread.worker.postMessage({ id, kind: 'soundEnds' } satisfies DeskRequest)
    } catch (error) {
      thread.worker.postMessage({ id, kind: 'soundLost' } satisfies DeskRequest)
      this.#over(thread, id)?.reject(asError(error))
    }
    const reply = await answer
    if (reply.kind !== 'waveform') throw new Error('the thread for reports has answered something else')
    return reply.waveform
  }

  async #begun(): Promise<{ readonly thread: Thread; readonly id: number; readonly answer: Promise<DeskReply> }> {
    if (this.#closed) throw new Error('the engine is closing down')
    clearTimeout(this.#idle)
    const thread = await (this.#thread ??= this.#start())
    clearTimeout(this.#idle)
    const id = this.#nextId++
    const answer = new Promise<DeskReply>((resolve, reject) => thread.pending.set(id, { resolve, reject }))
    // The waiting code gets the error; until then it must not count as unhandled.
    answer.catch(() => undefined)
    return { thread, id, answer }
  }

  #over({ worker, pending }: Thread, id: number): Pending | undefined {
    const found = pending.get(id)
    pending.delete(id)
    if (pending.size === 0) {
      clearTimeout(this.#idle)
      this.#idle = setTimeout(() => {
        this.#thread = undefined
        void worker.terminate()
      }, idleMs).unref()
    }
    return found
  }

  async #start(): Promise<Thread> {
    const worker = new Worker(await threadProgram('desk-thread', import.meta.url), { name: 'reports' })
    const thread: Thread = { worker, pending: new Map() }
    worker.unref()
    worker.on('message', (reply: DeskReply) => {
      const pending = this.#over(thread, reply.id)
      if (reply.kind === 'failed') pending?.reject(new Error(reply.why))
      else pending?.resolve(reply)
    })
    let why = 'the thread for reports has ended'
    worker.on('error', (error) => {
      why = `the thread for reports has died: ${messageOf(error)}`
    })
    worker.on('exit', () => {
      void this.#thread?.then((now) => (now === thread ? (this.#thread = undefined) : undefined))
      for (const { reject } of thread.pending.values()) reject(new Error(why))
      thread.pending.clear()
    })
    return thread
  }
}
