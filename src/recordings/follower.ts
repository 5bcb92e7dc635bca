import { messageOf } from '../common/errors.js'
import type { GrowingMp3 } from './growing-mp3.js'
import { SpoolFile, UnusableSpool } from './spool-file.js'
import type { Turns } from './turns.js'

/**
 * Follows the spool of one running recording: reads from time to time what the switch has written, and encodes it. It holds no file open in between.
 * Trouble is only remembered: the recording is then encoded from the beginning when it is over.
 */
export class Follower {
  /** Why the encoded part is of no use; undefined: all is well. */
  trouble: string | undefined
  #stopped = false
  #wake: (() => void) | undefined
  readonly #ended: Promise<void>

  constructor(
    private readonly spoolPath: string,
    readonly growing: GrowingMp3,
    private readonly turns: Turns,
    private readonly everyMs: number,
  ) {
    this.#ended = this.#run()
  }

  /** Resolves when nothing is touched any more. May be called twice. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    return this.#ended
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#pause()
      try {
        await this.#catchUp()
      } catch (error) {
        // The switch has not begun to write.
        if (this.growing.frames === 0 && (isMissing(error) || error instanceof UnusableSpool)) continue
        this.trouble = messageOf(error)
        this.growing.discard()
        return
      }
    }
  }

  async #catchUp(): Promise<void> {
    if (this.#stopped) return
    const spool = SpoolFile.open(this.spoolPath)
    try {
      do await this.turns.next(1)
      while (!this.#hasStopped() && (await this.growing.advance(spool)))
    } finally {
      spool.close()
    }
  }

  #hasStopped(): boolean {
    return this.#stopped
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(done, this.everyMs)
      this.#wake = done
      if (this.#stopped) done()
    })
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
