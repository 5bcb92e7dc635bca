import { stat } from 'node:fs/promises'
import { messageOf } from '../common/errors.js'
import type { DirectoryError } from './form.js'
import { readDirectoryFile, type DirectoryFile } from './load-directory.js'
import type { Directory } from './model.js'

/** A directory file that is watched. */
export interface DirectoryWatch {
  /** Looks at the file now, instead of at the next look. Resolves when what was found has been taken, or its errors have been told. */
  reload(): Promise<void>
  /** Stops looking. Resolves when no look is under way. */
  close(): Promise<void>
}

/** A file without errors, as it was saved. */
export interface SavedDirectory extends Pick<DirectoryFile, 'file' | 'sha256' | 'exportOf'> {
  readonly directory: Directory
  readonly advice: readonly DirectoryError[]
}

export interface WatchOptions {
  /** The file has been saved, without errors. @returns `again`: it could not be taken now, and is to be given once more after a while */
  onSaved(saved: SavedDirectory): Promise<'taken' | 'again'>
  /** The file has errors. Told once for each state of the file. */
  onErrors(errors: readonly DirectoryError[]): void
  /** How often the file is looked at, ms. Default 500. */
  readonly pollMs?: number
  /** Reads the file; for tests. */
  readonly read?: (file: string) => Promise<DirectoryFile>
}

/** Looks after which a file is tried again that could not be taken. */
const looksUntilAgain = 10

/**
 * Watches a directory file.
 *
 * The file is looked at, not listened for: notifications of the file system miss network drives and containers' mounts. It is read once it has been
 * the same in two looks, so that a file which an editor is still writing is not taken for a shorter directory.
 * @param state of the file that is known already (`stateOf`)
 */
export function watchDirectory(file: string, state: string, options: WatchOptions): DirectoryWatch {
  return new FileWatch(file, state, options)
}

class FileWatch implements DirectoryWatch {
  readonly #settling: Settling
  #closed = false
  #timer: NodeJS.Timeout | undefined
  /** Looks until it is tried again. */
  #againIn: number | undefined
  /** One look after the other. */
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

  /** A listener that fails must not end the watch; it is told of it like of an error in the file. */
  #failed(error: unknown): void {
    const message = `what was read could not be put into use: ${messageOf(error)}`
    try {
      this.options.onErrors([{ file: this.file, line: 1, message, expected: 'a listener that does not throw' }])
    } catch {
      // Whoever does not listen to errors either has been told twice; the next look goes on.
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

/** Decides when a file that changes is to be read: once it has been the same in two looks, and is not what was read before. */
export class Settling {
  /** State that was read last, whatever came of it. */
  #read: string
  #seen: string

  constructor(state: string) {
    this.#read = state
    this.#seen = state
  }

  /** @returns whether it is to be read now */
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

/** What tells two states of a file apart without reading it; `missing` where there is none. */
export async function stateOf(file: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
  } catch {
    return 'missing'
  }
}
