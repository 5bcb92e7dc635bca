import { stat } from 'node:fs/promises'
import { diffDirectories, type DirectoryChange } from './directory-diff.js'
import type { DirectoryError } from './form.js'
import { loadDirectory } from './load-directory.js'
import type { Directory } from './model.js'
import type { ParsedDirectory } from './parse-directory.js'
import { warmDirectory } from './warm-directory.js'

/** The directory in force. Each call takes `current()` once, at its beginning, and keeps it: a change is picked up between calls, never in one. */
export interface DirectoryHolder {
  current(): Directory
  /** Looks at the file now, instead of at the next look. Resolves when what was found is in force, or its errors have been told. */
  reload(): Promise<void>
  /** Stops looking. Resolves when no look is under way. */
  close(): Promise<void>
}

export interface WatchOptions {
  /** A new directory is in force. Also called, without changes, when a file with errors is as it was before. */
  onChange(directory: Directory, changes: readonly DirectoryChange[], advice: readonly DirectoryError[]): void
  /** The file has errors; the directory before it stays in force. Told once for each state of the file. */
  onErrors(errors: readonly DirectoryError[]): void
  /** How often the file is looked at, ms. Default 500. */
  readonly pollMs?: number
  /** Reads the file; for tests. */
  readonly load?: (file: string) => Promise<ParsedDirectory>
}

export type Watched = { readonly ok: true; readonly holder: DirectoryHolder; readonly advice: readonly DirectoryError[] } | { readonly ok: false; readonly errors: readonly DirectoryError[] }

/**
 * Loads a directory file and keeps it in force, with every later change of the file.
 *
 * The file is looked at, not listened for: notifications of the file system miss network drives and containers' mounts. It is read once it has been
 * the same in two looks, so that a file which an editor is still writing is not taken for a shorter directory.
 * @returns the errors, when there is no directory to begin with; what was loaded first is for the caller to warm (`warmDirectory`), once nobody waits for it
 */
export async function watchDirectory(file: string, options: WatchOptions): Promise<Watched> {
  const load = options.load ?? loadDirectory
  const before = await stateOf(file)
  const first = await load(file)
  if (!first.ok) return first
  return { ok: true, holder: new FileWatch(file, options, load, first.directory, before), advice: first.advice }
}

class FileWatch implements DirectoryHolder {
  readonly #file: string
  readonly #options: WatchOptions
  readonly #load: (file: string) => Promise<ParsedDirectory>
  #directory: Directory
  readonly #settling: Settling
  #hasErrors = false
  #closed = false
  #timer: NodeJS.Timeout | undefined
  /** One look after the other. */
  #looking: Promise<void> = Promise.resolve()

  constructor(file: string, options: WatchOptions, load: (file: string) => Promise<ParsedDirectory>, directory: Directory, state: string) {
    this.#file = file
    this.#options = options
    this.#load = load
    this.#directory = directory
    this.#settling = new Settling(state)
    this.#schedule()
  }

  current(): Directory {
    return this.#directory
  }

  reload(): Promise<void> {
    return this.#queue(async () => this.#take(await stateOf(this.#file)))
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.#queue(() => this.#look()).finally(() => this.#schedule()), this.#options.pollMs ?? 500)
    this.#timer.unref()
  }

  #queue(look: () => Promise<void>): Promise<void> {
    this.#looking = this.#looking
      .then(async () => {
        if (!this.#closed) await look()
      })
      .catch((error: unknown) => this.#listenerFailed(error))
    return this.#looking
  }

  /** A listener that throws must not end the watch; it is told of it like of an error in the file. */
  #listenerFailed(error: unknown): void {
    const message = `what was read could not be put into use: ${error instanceof Error ? error.message : String(error)}`
    try {
      this.#options.onErrors([{ file: this.#file, line: 1, message, expected: 'a listener that does not throw' }])
    } catch {
      // Whoever does not listen to errors either has been told twice; the next look goes on.
    }
  }

  async #look(): Promise<void> {
    const state = await stateOf(this.#file)
    if (this.#settling.look(state)) await this.#take(state)
  }

  async #take(state: string): Promise<void> {
    this.#settling.taken(state)
    let parsed: ParsedDirectory
    try {
      parsed = await this.#load(this.#file)
    } catch (error) {
      parsed = { ok: false, errors: [{ file: this.#file, line: 1, message: `reading it failed: ${error instanceof Error ? error.message : String(error)}`, expected: 'a directory file' }] }
    }
    if (!parsed.ok) {
      this.#hasErrors = true
      this.#options.onErrors(parsed.errors)
      return
    }
    warmDirectory(parsed.directory, Date.now())
    const changes = diffDirectories(this.#directory, parsed.directory)
    if (changes.length > 0) this.#directory = parsed.directory
    if (changes.length > 0 || this.#hasErrors) {
      this.#hasErrors = false
      this.#options.onChange(this.#directory, changes, parsed.advice)
    }
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
async function stateOf(file: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
  } catch {
    return 'missing'
  }
}
