import { open, readFile, rename, truncate, type FileHandle } from 'node:fs/promises'
import type { CallEvent } from '../facts/events.js'
import { codeOf } from './store-error.js'

/** Facts that the database has not taken, on the disk of the engine, so that they outlive it. */
export interface Spill {
  /** On the disk when it resolves, after those kept before. */
  keep(events: readonly CallEvent[]): Promise<void>
  /** The database has them all. */
  forget(): Promise<void>
}

export interface LeftInSpill {
  readonly events: readonly CallEvent[]
  /** Lines that cannot be read; the last one may have been cut off by a crash and is not counted. */
  readonly damaged: number
}

/** A file with a fact a line. It is opened when there is something to keep, and emptied when it is not needed. */
export class SpillFile implements Spill {
  #file: FileHandle | undefined
  #waiting: string[] = []
  #writing: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(private readonly path: string) {}

  /** What an engine before has left. A last line that was cut off goes: the next fact would be written behind it, and be lost with it. */
  async left(): Promise<LeftInSpill> {
    const bytes = await readFile(this.path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return Buffer.alloc(0)
      throw error
    })
    const events: CallEvent[] = []
    let damaged = 0
    // What follows the last line break was never kept.
    const kept = bytes.subarray(0, bytes.lastIndexOf('\n') + 1)
    if (kept.length < bytes.length) await truncate(this.path, kept.length)
    for (const line of kept.toString().split('\n').slice(0, -1)) {
      try {
        // Written below from a typed fact.
        events.push(JSON.parse(line) as CallEvent)
      } catch {
        damaged++
      }
    }
    return { events, damaged }
  }

  keep(events: readonly CallEvent[]): Promise<void> {
    this.#waiting.push(...events.map((event) => `${JSON.stringify(event)}\n`))
    // Whatever gathers while the disk is waited for goes into the next write.
    this.#writing ??= this.#next(async () => {
      this.#writing = undefined
      const text = this.#waiting.join('')
      this.#waiting = []
      const file = (this.#file ??= await open(this.path, 'a', 0o600))
      const { size } = await file.stat()
      try {
        await file.appendFile(text)
        await file.datasync()
      } catch (error) {
        // Half a line would spoil the next one.
        await file.truncate(size).catch(() => undefined)
        await this.#let()
        throw error
      }
    })
    return this.#writing
  }

  forget(): Promise<void> {
    return this.#next(async () => {
      this.#file ??= await open(this.path, 'a', 0o600)
      await this.#file.truncate()
      await this.#file.datasync()
      await this.#let()
    })
  }

  /** Puts the file aside, for an operator to look at. @returns where it lies now */
  async setAside(name: string): Promise<string> {
    const to = `${this.path}.${name}`
    await this.#next(async () => {
      await this.#let()
      await rename(this.path, to)
    })
    return to
  }

  close(): Promise<void> {
    return this.#next(() => this.#let())
  }

  async #let(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close().catch(() => undefined)
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
