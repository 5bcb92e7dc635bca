import { Worker } from 'node:worker_threads'
import { messageOf } from '../common/errors.js'
import { threadProgram } from '../store/thread-program.js'
import type { NoWords } from '../switch/port.js'
import type { EarReply, EarRequest } from './ear-messages.js'

/** What is heard on one leg. */
export interface EarListener {
  /** `score`: 0 to 1. */
  word(word: string, score: number): void
  /** No more words come. Called once. */
  noWords(why: NoWords): void
}

/** The ear at one leg. */
export interface LegEar {
  /** Words that begin from now on are reported; a reported word closes it. */
  open(): void
  shut(): void
  /** Stops listening. May be called twice. */
  stop(): void
}

export interface WordEarsSettings {
  /** Legs that are listened to at the same time; others have their keys. */
  readonly most: number
  readonly onTrouble: (why: string) => void
}

/** After a fault the thread is started again, not sooner than this. */
const restartMs = 5_000

/** The recogniser: a thread that follows the recordings of legs while they grow, and reports the word. It starts with the first of them. */
export class WordEars {
  readonly #settings: WordEarsSettings
  readonly #listeners = new Map<number, EarListener>()
  #thread: Worker | undefined
  #next = 1
  #notBefore = 0
  #state: 'off' | 'starting' | 'running' | 'closed' = 'off'

  constructor(settings: WordEarsSettings) {
    this.#settings = settings
  }

  /** Loads the program and the net: from now on words can be heard. Resolves when they are; `ready` says whether. */
  async start(): Promise<void> {
    if (this.#state !== 'off' || performance.now() < this.#notBefore) return
    this.#state = 'starting'
    try {
      const thread = new Worker(await threadProgram('ear-thread', import.meta.url), { name: 'words' })
      this.#thread = thread
      thread.unref()
      thread.on('message', (reply: EarReply) => this.#heard(reply))
      thread.on('error', (error) => this.#died(thread, messageOf(error)))
      thread.on('exit', () => this.#died(thread, 'it has ended'))
      await new Promise<void>((resolve) => {
        thread.once('online', resolve)
        thread.once('exit', () => resolve())
      })
      if (this.#thread === thread) this.#state = 'running'
    } catch (error) {
      this.#fault(messageOf(error))
    }
  }

  /** Whether one more leg can be listened to. */
  get ready(): boolean {
    if (this.#state === 'off') void this.start()
    return this.#state === 'running' && this.#listeners.size < this.#settings.most
  }

  /**
   * Listens to a leg, closed at first.
   * @param path of its recording, which grows: first channel what the party says
   * @returns undefined: it cannot be listened to
   */
  follow(path: string, listener: EarListener): LegEar | undefined {
    const thread = this.#thread
    if (!this.ready || !thread) return undefined
    const ear = this.#next++
    this.#listeners.set(ear, listener)
    const ask = (request: EarRequest): void => {
      if (this.#listeners.has(ear)) thread.postMessage(request)
    }
    ask({ kind: 'follow', ear, path })
    return {
      open: () => ask({ kind: 'open', ear }),
      shut: () => ask({ kind: 'shut', ear }),
      stop: () => {
        ask({ kind: 'stop', ear })
        this.#listeners.delete(ear)
      },
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    const thread = this.#thread
    this.#thread = undefined
    this.#allLost()
    await thread?.terminate()
  }

  #heard(reply: EarReply): void {
    const listener = this.#listeners.get(reply.ear)
    if (!listener) return
    if (reply.kind === 'word') return listener.word('one', reply.score)
    this.#listeners.delete(reply.ear)
    if (reply.kind === 'lost') this.#settings.onTrouble(`a leg cannot be listened to for words: ${reply.why}`)
    listener.noWords(reply.kind === 'lost' ? 'lost' : reply.why)
  }

  #died(thread: Worker, why: string): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    this.#fault(why)
  }

  #fault(why: string): void {
    if (this.#state === 'closed') return
    this.#state = 'off'
    this.#notBefore = performance.now() + restartMs
    this.#settings.onTrouble(`the recogniser of words does not run: ${why}`)
    this.#allLost()
  }

  #allLost(): void {
    const listeners = [...this.#listeners.values()]
    this.#listeners.clear()
    for (const listener of listeners) listener.noWords('lost')
  }
}
