import { stat } from 'node:fs/promises'
import { messageOf } from '../common/errors.js'
import type { DirectoryError } from './form.js'
import { readDirectoryFile, type DirectoryFile } from './load-directory.js'
import type { Directory } from './model.js'

/** A directory file that is watched. */
export interface DirectoryWatch {
  /** Looks at the file now. Resolves when a change has been accepted, or its errors reported. */
  reload(): Promise<void>
  /** Stops. Resolves when no look is under way. */
  close(): Promise<void>
}

/** A saved file without errors. */
export interface SavedDirectory extends Pick<DirectoryFile, 'file' | 'sha256' | 'exportOf'> {
  readonly directory: Directory
  readonly advice: readonly DirectoryError[]
}

export interface WatchOptions {
  /** The file has been saved, without errors. @returns `again`: not accepted now; offer it again after a while */
  onSaved(saved: SavedDirectory): Promise<'taken' | 'again'>
  /** The file has errors. Called once for each state of the file. */
  onErrors(errors: readonly DirectoryError[]): void
  /** How often the file is looked at, ms. Default 500. */
  readonly pollMs?: number
  /** Reads the file; for tests. */
  readonly read?: (file: string) => Promise<DirectoryFile>
}

/** Looks before a file that was not accepted is offered again. */
const looksUntilAgain = 10

/**
 * Watches a directory file.
 *
 * It polls: file system notifications miss network drives and containers' mounts. The file is read once it is
 * the same in two looks, so that a file which an editor is still writing is not taken for a shorter directory.
 * @param state of the file already known (`stateOf`)
 */
export function watchDirectory(file: string, state: string, options: WatchOptions): DirectoryWatch {
  return new FileWatch(file, state, options)
}

class FileWatch implements DirectoryWatch {
  readonly #settling: Settling
  #closed = false
  #timer: NodeJS.Timeout | undefined
  /** Looks left before it is offered again. */
  #againIn: number | undefined
  /** Looks run one after the other. */
  #looking: Promise<void> = Promise.resolve()

  constructor(
    private readonly file: string,
    state: string,
    private readonly options: WatchOptions,
  ) {
    this.#settling = new Settling(state)
    this.#schedule()
  }

  reload(): Promise<void> {
    return this.#queue(async () => this.#take(await stateOf(this.file)))
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.#queue(() => this.#look()).finally(() => this.#schedule()), this.options.pollMs ?? 500)
    this.#timer.unref()
  }

  #queue(look: () => Promise<void>): Promise<void> {
    this.#looking = this.#looking
      .then(async () => {
        if (!this.#closed) await look()
      })
      .catch((error: unknown) => this.#failed(error))
    return this.#looking
  }

  /** A listener that throws must not end the watch; it gets the failure like an error in the file. */
  #failed(error: unknown): void {
    const message = `what was read could not be put into use: ${messageOf(error)}`
    try {
      this.options.onErrors([{ file: this.file, line: 1, message, expected: 'a listener that does not throw' }])
    } catch {
      // The error listener failed too: it has been told twice; the next look goes on.
    }
  }

  async #look(): Promise<void> {
    const state = await stateOf(this.file)
    const again = this.#againIn !== undefined && --this.#againIn <= 0
    if (this.#settling.look(state) || again) await this.#take(state)
  }

  async #take(state: string): Promise<void> {
    this.#settling.taken(state)
    this.#againIn = undefined
    const read = await (this.options.read ?? readDirectoryFile)(this.file).catch((error: unknown): DirectoryFile => {
      const errors = [
        {
          file: this.file,
          line: 1,
          message: `reading it failed: ${messageOf(error)}`,
          expected: 'a directory file',
        },
      ]
      return { file: this.file, parsed: { ok: false, errors }, sha256: '', exportOf: undefined }
    })
    const { parsed, ...rest } = read
    if (!parsed.ok) this.options.onErrors(parsed.errors)
    else if ((await this.options.onSaved({ ...rest, directory: parsed.directory, advice: parsed.advice })) === 'again')
      this.#againIn = looksUntilAgain
  }
}

/** Decides when to read a changing file: once it is the same in two looks, and differs from what was read before. */
export class Settling {
  /** The state read last, whatever the result. */
  #read: string
  #seen: string

  constructor(state: string) {
    this.#read = state
    this.#seen = state
  }

  /** @returns whether to read it now */
  look(state: string): boolean {
    const settled = state === this.#seen
    this.#seen = state
    return settled && state !== this.#read
  }

  taken(state: string): void {
    this.#read = state
    this.#seen = state
  }
}

/** Tells two states of a file apart without reading it; `missing` if there is none. */
export async function stateOf(file: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
  } catch {
    return 'missing'
  }
}
