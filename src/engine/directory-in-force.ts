import { join } from 'node:path'
import { messageOf } from '../common/errors.js'
import { systemClock } from '../clock/system-clock.js'
import { diffDirectories, type DirectoryChange } from '../directory/directory-diff.js'
import { everyTarget } from '../directory/every-target.js'
import type { DirectoryError } from '../directory/form.js'
import { directoryFileHash, readDirectoryFile, showError } from '../directory/load-directory.js'
import type { Directory } from '../directory/model.js'
import { warmDirectory } from '../directory/warm-directory.js'
import { stateOf, watchDirectory, type DirectoryWatch, type SavedDirectory } from '../directory/watch-directory.js'
import { staff } from '../facts/actor.js'
import type { Signals } from '../fleet/signals.js'
import { ringable, trunksFor } from '../guard/dial-plan.js'
import { spokenNames } from '../prompts/spoken-names.js'
import type { Speech } from '../prompts/speech.js'
import { StartError } from '../start-error.js'
import { watchedFileName } from '../store-place.js'
import type { Store } from '../store/store.js'
import { applyFile } from '../versions/apply-file.js'
import { DirectoryInForce } from '../versions/directory-in-force.js'
import { takeOverEarlierRotas } from '../versions/earlier-rotas.js'
import type { Ground } from './ground.js'

/** A listener for changes of the directory. */
export interface DirectoryWatcher {
  directoryReloaded(changes: readonly DirectoryChange[]): void
  /** Nothing of the file was applied. */
  directoryRefused(errors: readonly DirectoryError[]): void
}

export interface OpenDirectory {
  readonly directory: () => Directory
  readonly inForce: DirectoryInForce
  /** Has its names spoken and its holidays worked out beforehand. */
  readonly warm: () => void
  /** Tells other engines of this one's versions, and follows theirs. */
  readonly follow: (signals: Signals) => void
}

/** The directory in force, from the store, with everything that depends on its changes: names are spoken, numbers checked. The file is watched. */
export async function openDirectory(
  ground: Ground,
  opening: Promise<Store>,
  speech: Speech,
  watcher: DirectoryWatcher | undefined,
): Promise<OpenDirectory> {
  const { settings, log, alarms, opened } = ground
  let signals: Signals | undefined
  function warmNames({ organisations, lines, pools }: Directory): void {
    void speech.warm(spokenNames({ organisations: organisations.values(), lines: lines.values(), pools: pools.values() }))
  }
  const [store, hash, state] = await Promise.all([opening, directoryFileHash(settings.directoryFile), stateOf(settings.directoryFile)])
  // Should this fail, calls are taken without the earlier rotas.
  await takeOverEarlierRotas(join(settings.dataFolder, 'rota-history.jsonl'), store.directory).catch((error: unknown) =>
    alarms.raise('directory.notKept', `the rota history could not be migrated: ${messageOf(error)}`),
  )

  let started = false
  const file = new WatchedFile(ground, store, watcher)
  const inForce = await DirectoryInForce.open(store.directory, {
    onChange({ version, directory }, before) {
      if (!started) return
      const changes = diffDirectories(before, directory)
      log.info({ version, changes: changes.length }, 'another directory is in force; applies to new calls')
      warmNames(directory)
      checkTargets(directory, ground)
      watcher?.directoryReloaded(changes)
      file.othersChanged()
    },
    onOwnVersion: (version) => signals?.tell('directory', String(version)),
  }).catch((error: unknown) => {
    throw new StartError(`the directory cannot be read from the store: ${messageOf(error)}`)
  })
  opened.push('the directory', () => inForce.close())
  await file.start(inForce, hash, state)
  opened.push('the directory file', () => file.close())
  started = true
  const directory = () => inForce.current().directory
  checkTargets(directory(), ground)
  return {
    directory,
    inForce,
    warm() {
      warmNames(directory())
      warmDirectory(directory(), systemClock.now())
    },
    follow(fleet) {
      signals = fleet
      opened.push(
        'the directory of the others',
        fleet.on('directory', () => void inForce.refresh().catch(() => undefined)),
      )
    },
  }
}

/** The directory file: applied at the start and whenever it is saved, as a change against its former content. The engine never writes it. */
class WatchedFile {
  /** The errors for which it was last refused, already reported. */
  #told: string | undefined
  #watch: DirectoryWatch | undefined

  constructor(
    private readonly ground: Ground,
    private readonly store: Store,
    private readonly watcher: DirectoryWatcher | undefined,
  ) {}

  get #file(): string {
    return this.ground.settings.directoryFile
  }

  /** @param hash of the file as it is, undefined: it cannot be read. @param state likewise. @throws StartError there is no directory, neither in the store nor in the file */
  async start(inForce: DirectoryInForce, hash: string | undefined, state: string): Promise<void> {
    const applied = await this.store.directory.appliedFile(watchedFileName(this.ground.settings))
    const isKnown = inForce.current().version > 0 && (hash === undefined ? applied === undefined : applied?.sha256 === hash)
    if (isKnown && hash === undefined) this.ground.log.info(`${this.#file} cannot be read; the directory of the store is in force`)
    if (!isKnown) await this.#begin(inForce)
    this.#watch = watchDirectory(this.#file, state, {
      onSaved: (saved) => this.#saved(inForce, saved),
      onErrors: (errors) => this.#refused('directory.errors', errors),
    })
  }

  async close(): Promise<void> {
    await this.#watch?.close()
  }

  /** A file that could not be applied may fit the directory in force now. */
  othersChanged(): void {
    if (this.#told !== undefined) void this.#watch?.reload()
  }

  async #begin(inForce: DirectoryInForce): Promise<void> {
    const { parsed, ...read } = await readDirectoryFile(this.#file)
    const isFirst = inForce.current().version === 0
    if (!parsed.ok) {
      if (isFirst) throw new StartError(parsed.errors.map(showError).join('\n'))
      return this.#refused('directory.errors', parsed.errors)
    }
    const taken = await this.#saved(inForce, { ...read, directory: parsed.directory, advice: parsed.advice })
    if (isFirst && taken === 'again' && inForce.current().version === 0)
      throw new StartError('the directory cannot be written into the store; the log says why')
  }

  async #saved(inForce: DirectoryInForce, saved: SavedDirectory): Promise<'taken' | 'again'> {
    const { alarms, log, settings } = this.ground
    try {
      const result = await applyFile(inForce, this.store.directory, watchedFileName(settings), saved, {
        actor: staff,
        source: 'file',
        why: undefined,
      })
      if (result.kind === 'crowded') return 'again'
      alarms.clear('directory.notKept')
      if (result.kind === 'refused') {
        this.#refused(result.refusal.code === 'conflict' ? 'directory.conflict' : 'directory.errors', result.refusal.errors)
        return 'taken'
      }
      for (const entry of saved.advice) log.warn(showError(entry))
      const wasRefused = this.#told !== undefined
      this.#told = undefined
      alarms.clear('directory.errors')
      alarms.clear('directory.conflict')
      if (wasRefused && result.kind === 'same') this.watcher?.directoryReloaded([])
      return 'taken'
    } catch (error) {
      log.error({ err: error }, 'the directory file could not be applied')
      alarms.raise('directory.notKept', `${this.#file} was saved and is not applied: ${messageOf(error)}`)
      return 'again'
    }
  }

  #refused(alarm: 'directory.errors' | 'directory.conflict', errors: readonly DirectoryError[]): void {
    const lines = errors.map(showError)
    const told = lines.join('\n')
    if (told === this.#told) return
    this.#told = told
    const { alarms, log } = this.ground
    for (const line of lines) log.error(line)
    alarms.clear(alarm === 'directory.errors' ? 'directory.conflict' : 'directory.errors')
    alarms.raise(alarm, `nothing of ${this.#file} was applied; ${lines.length} errors, the first: ${lines[0] ?? ''}`)
    this.watcher?.directoryRefused(errors)
  }
}

/** A number that may not be dialled is noticed now, and not while a caller waits for it. The number itself is not named here: it stands in the directory alone. */
function checkTargets(directory: Directory, { settings, alarms }: Ground): void {
  const trunkAddresses = settings.trunks.map(({ address }) => address)
  const refused = everyTarget(directory).flatMap(({ place, target }) => {
    if (target.kind === 'device' || target.kind === 'browser') return []
    const verdict =
      target.kind === 'number' ? trunksFor(target.number, settings.trunks, settings.dialable) : ringable(target.uri, trunkAddresses)
    return verdict.kind === 'refused' ? [`${place}: ${verdict.why}`] : []
  })
  if (refused.length === 0) return alarms.clear('directory.notDialable')
  alarms.raise(
    'directory.notDialable',
    `${refused.length} telephones of the directory are never rung: ${refused.slice(0, 5).join('; ')}${refused.length > 5 ? ` and ${refused.length - 5} more` : ''}`,
  )
}
