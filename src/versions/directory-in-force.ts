import { directoryOf } from '../directory/entities.js'
import type { Directory } from '../directory/model.js'
import { warmDirectory } from '../directory/warm-directory.js'
import type { Actor } from '../facts/actor.js'
import type { FileApplied, KeptDirectory, VersionedDirectory } from '../store/kept-directory.js'
import type { DirectoryVersion, VersionSource } from '../store/questions/directory-versions.js'

/** A change to the current directory, or why there is none. */
export type Proposal<Refusal> =
  | { readonly kind: 'to'; readonly directory: Directory; readonly file?: FileApplied }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** `same`: nothing differed. `crowded`: others were quicker again and again; nothing was changed. */
export type Changed<Refusal> =
  | { readonly kind: 'changed'; readonly version: DirectoryVersion; readonly before: Directory; readonly after: Directory }
  | { readonly kind: 'same'; readonly version: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'crowded' }

/** The author, means and reason of a change. */
export interface ChangeOrigin {
  readonly actor: Actor
  readonly source: VersionSource
  readonly why?: string | undefined
}

export interface InForceOptions {
  /** The current directory has changed, by this engine or another. Must not throw. */
  readonly onChange?: (now: VersionedDirectory, before: Directory) => void
  /** How often to ask the store for a newer version, ms. Default 500; 0: never. */
  readonly pollMs?: number
  /** Called when there is a new version, to tell others that share the store. */
  readonly onOwnVersion?: (version: number) => void
}

/** The most tries of a change while others are quicker. */
const maxTries = 8

const nothing: VersionedDirectory = { version: 0, directory: directoryOf({}) }

/**
 * The current directory, read from the store and kept up to date with changes by this engine and others. Each call takes `current()` once, at its
 * start, and keeps it.
 */
export class DirectoryInForce {
  #now: VersionedDirectory
  #closed = false
  #timer: NodeJS.Timeout | undefined
  /** Serialises changes and checks for others' changes. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(
    private readonly store: KeptDirectory,
    found: VersionedDirectory | undefined,
    private readonly options: InForceOptions,
  ) {
    this.#now = found ?? nothing
    this.#schedule()
  }

  /** Rejects with the database's error. */
  static async open(store: KeptDirectory, options: InForceOptions = {}): Promise<DirectoryInForce> {
    return new DirectoryInForce(store, await store.inForce(), options)
  }

  /** Version 0: none, an empty directory. */
  current(): VersionedDirectory {
    return this.#now
  }

  /**
   * Makes a version from what `propose` returns for the current one; if another change was quicker, it is called again with that one. On disk and current
   * when it resolves. Rejects if the store cannot be read or written.
   */
  change<Refusal>(
    origin: ChangeOrigin,
    propose: (now: VersionedDirectory) => Proposal<Refusal> | Promise<Proposal<Refusal>>,
  ): Promise<Changed<Refusal>> {
    return this.#inTurn(async () => {
      for (let tries = 0; tries < maxTries; tries++) {
        // Reads others' changes before deciding.
        await this.#look()
        const now = this.#now
        const proposal = await propose(now)
        if (proposal.kind === 'refused') return proposal
        const { directory: to, file } = proposal
        const added = await this.store.add({ ...origin, from: now.version === 0 ? undefined : now, to, file })
        if (added.kind === 'same') return { kind: 'same', version: now.version }
        if (added.kind === 'raced') continue
        const { version } = added
        this.#put({ version: version.version, directory: to })
        this.options.onOwnVersion?.(version.version)
        return { kind: 'changed', version, before: now.directory, after: to }
      }
      return { kind: 'crowded' }
    })
  }

  /** Checks for others' changes now. Rejects if the store does not answer. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#look())
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#turn
  }

  async #look(): Promise<void> {
    const now = this.#now.version === 0 ? await this.store.inForce() : await this.store.upToDate(this.#now)
    if (now !== undefined && now.version > this.#now.version) this.#put(now)
  }

  #put(now: VersionedDirectory): void {
    const before = this.#now.directory
    warmDirectory(now.directory, Date.now())
    this.#now = now
    this.options.onChange?.(now, before)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  #schedule(): void {
    const { pollMs = 500 } = this.options
    if (this.#closed || pollMs === 0) return
    // Code that needs an answer reports a failing store.
    this.#timer = setTimeout(
      () =>
        void this.refresh()
          .catch(() => undefined)
          .finally(() => this.#schedule()),
      pollMs,
    )
    this.#timer.unref()
  }
}
