import { rm } from 'node:fs/promises'
import type { Channel } from './channel.js'
import type { Keys } from './keys.js'
import type { WordHearing } from './settings.js'

/** A recording that is not ended is over after this: no time to accept is longer, nor the whisper before it. */
const longestSeconds = 180
/** How often the embedded switch writes a recording; FreeSWITCH writes with each packet (`enable_file_write_buffering`). */
const portionMs = 40

/**
 * Listens for words on a leg: the media server records it into a file, which the recogniser reads while it grows. Both kinds of media server can do
 * that, and no audio passes through this process.
 */
export class VoiceFollower {
  readonly #channel: Channel
  readonly #keys: Keys
  readonly #path: string
  #ear: ReturnType<WordHearing['follow']>
  #over = false
  #recording: Promise<void> = Promise.resolve()

  constructor(channel: Channel, keys: Keys, words: WordHearing) {
    this.#channel = channel
    this.#keys = keys
    this.#path = words.pathFor(channel.id)
    this.#ear = words.follow(this.#path, {
      word: (word, score) => {
        if (!this.#over) keys.word(word, score, Date.now())
      },
      noWords: (why) => {
        keys.endWords(why)
        this.stop()
      },
    })
    if (!this.#ear) {
      this.#over = true
      return
    }
    keys.onWords = (wanted) => (wanted ? this.#ear?.open() : this.#ear?.shut())
    keys.beginWords()
    this.#recording = this.#record().catch(() => {
      keys.endWords('lost')
      this.stop()
    })
  }

  /** May be called twice, and after the channel has gone. */
  stop(): void {
    if (this.#over) return
    this.#over = true
    this.#ear?.stop()
    this.#ear = undefined
    this.#keys.endWords('lost')
    void this.#recording.then(() => this.#remove())
  }

  async #record(): Promise<void> {
    await this.#channel.codecSettled()
    if (this.#over) return
    await this.#channel.order('uuid_setvar', `record_portion_ms ${portionMs}`)
    try {
      await this.#channel.order('uuid_record', `start ${this.#path} ${longestSeconds}`)
    } finally {
      await this.#channel.api('uuid_setvar', 'record_portion_ms').catch(() => undefined)
    }
  }

  /** Deletes the file whatever the media server says: what it still writes cannot be opened any more. */
  async #remove(): Promise<void> {
    if (!this.#channel.gone) await this.#channel.api('uuid_record', `stop ${this.#path}`).catch(() => undefined)
    await rm(this.#path, { force: true }).catch(() => undefined)
  }
}
