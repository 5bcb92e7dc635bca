import { directoryOf, entitiesIn, plainEntity, same, sections, type Entity, type EntityName, type Section } from '../directory/entities.js'
import type { Directory, LineId } from '../directory/model.js'
import { placesFor } from '../directory/places.js'
import type { RotaHistory, RotaVersion } from '../directory/rota-history.js'
import type { Actor } from '../facts/actor.js'
import type { WritableDatabase } from './database.js'
import { originColumns } from './origin-columns.js'
import { paged, partsOf } from './paged.js'
import { questions } from './questions.js'
import type { ChangedEntity, PlacedEntity } from './questions/directory-entities.js'
import type { AppliedFile, FileDifference } from './questions/directory-files.js'
import type { DirectoryVersion, VersionSource } from './questions/directory-versions.js'
import type { Step } from './statement.js'
import { Statements, type Db } from './statements.js'
import { isConflict } from './store-error.js'

/** A directory, and its version. */
export interface VersionedDirectory {
  readonly version: number
  readonly directory: Directory
}

/** A file that was applied: its name and content. */
export interface FileApplied {
  readonly file: string
  /** Of its bytes. */
  readonly sha256: string
  readonly directory: Directory
}

/** A change that will become a version. */
export interface DirectoryChangeRequest {
  /** The directory in force; undefined: none yet. */
  readonly from: VersionedDirectory | undefined
  readonly to: Directory
  readonly actor: Actor
  readonly source: VersionSource
  readonly why?: string | undefined
  /** The file from which it comes: stored with it, in the same transaction. */
  readonly file?: FileApplied | undefined
}

/** `same`: nothing differs, and there is no new version. `raced`: another version was made meanwhile, and nothing was written. */
export type VersionAdded =
  { readonly kind: 'added'; readonly version: DirectoryVersion } | { readonly kind: 'same' } | { readonly kind: 'raced' }

/** Questions about the directory's versions. All reject with the database's own error when it cannot be reached. */
export interface DirectoryVersionsReading {
  /** Number of the version in force; 0: there is none yet. */
  newest(): Promise<number>
  version(version: number): Promise<DirectoryVersion | undefined>
  /** The newest first. `before`: number of the last one of the page before. */
  versions(page: { readonly limit: number; readonly before?: number }): Promise<readonly DirectoryVersion[]>
  /** The version in force at an instant, wall-clock ms. */
  versionAt(atMs: number): Promise<DirectoryVersion | undefined>
  /** The directory in force; undefined: there is none yet. */
  inForce(): Promise<VersionedDirectory | undefined>
  /** The newest state of a directory; the same object where nothing has changed. */
  upToDate(known: VersionedDirectory): Promise<VersionedDirectory>
  /** The directory as it was in a version. @param now a later one already in memory */
  asOf(version: number, now?: VersionedDirectory): Promise<Directory>
  /** The differences of two versions, as two directories with nothing else in them. */
  between(before: number, after: number): Promise<{ readonly before: Directory; readonly after: Directory }>
  appliedFile(file: string): Promise<AppliedFile | undefined>
  /** Whether a file of these very bytes was applied last, by whichever engine. */
  wasApplied(sha256: string): Promise<boolean>
  /** What a file said when it was last applied. @param version `AppliedFile.version` */
  fileAsApplied(file: string, version: number, now: VersionedDirectory): Promise<Directory>
  rotaHistory(line: LineId): Promise<RotaHistory>
}

/** The directory's versions, append-only. */
export interface KeptDirectory extends DirectoryVersionsReading {
  /** Makes a version. On disk when it resolves; of several writers at once, one succeeds. */
  add(change: DirectoryChangeRequest): Promise<VersionAdded>
  /** Takes over the rotas' history from before it was kept here. May be called again. */
  keepEarlierRotas(rotas: readonly RotaVersion[]): Promise<void>
}

const rowsPerPage = 2_000

export function directoryVersionsOf(db: Db): DirectoryVersionsReading {
  async function inForce(): Promise<VersionedDirectory | undefined> {
    const version = await questions.newestDirectoryVersion.ask(db)
    if (version === 0) return undefined
    const parts: Partial<Record<Section, Map<string, Entity>>> = {}
    for (const section of sections) {
      const entities = (parts[section] = new Map<string, Entity>())
      for await (const { id, entity } of paged(rowsPerPage, (limit, after: PlacedEntity | undefined) =>
        questions.entitiesInForce.ask(db, section, limit, after),
      ))
        entities.set(id, entity)
    }
    // Another engine may have written between two pages: its changes are read again.
    return upToDate({ version, directory: directoryOf(parts) })
  }

  async function upToDate(known: VersionedDirectory): Promise<VersionedDirectory> {
    const version = await questions.newestDirectoryVersion.ask(db)
    if (version <= known.version) return known
    return { version, directory: await patched(known.directory, await questions.entitiesChanged.ask(db, known.version, version, version)) }
  }

  async function asOf(version: number, at?: VersionedDirectory): Promise<Directory> {
    const now = at ?? (await inForce())
    if (now === undefined || now.version <= version) return now?.directory ?? directoryOf({})
    return patched(now.directory, await questions.entitiesChanged.ask(db, version, now.version, version))
  }

  /** The directory with some entities as they are in another version. Those of a section are sorted by their places: the others keep the present ones. */
  async function patched(directory: Directory, changed: readonly ChangedEntity[]): Promise<Directory> {
    const parts: Partial<Record<Section, ReadonlyMap<string, Entity>>> = {}
    for (const section of sections) {
      const here = changed.filter((one) => one.section === section)
      const entities = entitiesIn(directory, section)
      parts[section] = here.length === 0 ? entities : inPlaces(entities, here, await questions.entityPlaces.ask(db, section))
    }
    return directoryOf(parts)
  }

  return {
    newest: () => questions.newestDirectoryVersion.ask(db),
    version: (version) => questions.directoryVersion.ask(db, version),
    versions: (page) => questions.directoryVersions.ask(db, page),
    versionAt: (atMs) => questions.directoryVersionAt.ask(db, atMs),
    inForce,
    upToDate,
    asOf,
    async between(before, after) {
      const [older, newer] = [Math.min(before, after), Math.max(before, after)]
      const at = async (version: number) => {
        const changed = await questions.entitiesChanged.ask(db, older, newer, version)
        return directoryOf(
          Object.fromEntries(
            sections.map((section) => [
              section,
              inPlaces(
                new Map(),
                changed.filter((one) => one.section === section),
                [],
              ),
            ]),
          ),
        )
      }
      return { before: await at(before), after: await at(after) }
    },
    appliedFile: (file) => questions.appliedFile.ask(db, file),
    wasApplied: async (sha256) => (await questions.appliedBytes.ask(db, sha256)) !== undefined,
    fileAsApplied: async (file, version, now) => asTheFileSaid(await asOf(version, now), await questions.fileDifferences.ask(db, file)),
    rotaHistory: (line) => questions.rotaHistory.ask(db, line),
  }
}

/**
 * @param db to read it by: sees everything committed before
 * @param node name of this engine
 */
export function keptDirectory(database: WritableDatabase, db: Db, node: string, now: () => number): KeptDirectory {
  const statements = new Statements(database.db)
  const reading = directoryVersionsOf(db)

  async function add({ from, to, actor, source, why, file }: DirectoryChangeRequest): Promise<VersionAdded> {
    const version = (from?.version ?? 0) + 1
    const changes = await changesOf(db, from?.directory ?? directoryOf({}), to)
    const steps: Step[] = []
    let added: DirectoryVersion | undefined
    if (changes.length > 0) {
      // A clock that was set back must not date it before the last version.
      const at = Math.max(now(), from === undefined ? 0 : ((await questions.directoryVersion.ask(db, from.version))?.at ?? 0))
      added = { version, at, actor, node, source, ...(why === undefined ? {} : { why }), changed: changes.length }
      steps.push(
        // First: this insert fails for the second writer with the same number.
        ...statements.insert('directory_versions', [
          { version, at, ...originColumns({ actor, node }), source, why: why ?? null, changed: changes.length },
        ]),
        ...changes.filter(({ wasThere }) => wasThere).map((change) => ended(statements, change, version)),
        ...statements.insert(
          'directory_entities',
          changes.flatMap(({ section, id, position, entity }) =>
            entity === undefined
              ? []
              : [{ section, id, from_version: version, to_version: null, position, data: JSON.stringify(plainEntity(section, entity)) }],
          ),
        ),
      )
    }
    if (file !== undefined)
      steps.push(...(await fileSteps(db, statements, file, { version: added?.version ?? from?.version ?? 0, directory: to }, now())))
    if (steps.length === 0) return { kind: 'same' }
    try {
      await database.batch(steps)
    } catch (error) {
      if (isConflict(error)) return { kind: 'raced' }
      throw error
    }
    return added === undefined ? { kind: 'same' } : { kind: 'added', version: added }
  }

  return {
    ...reading,
    add,
    async keepEarlierRotas(rotas) {
      const seqs = new Map<LineId, number>()
      const rows = rotas.map((rota) => {
        const { line } = rota.rota
        const seq = (seqs.get(line) ?? 0) + 1
        seqs.set(line, seq)
        return { node, line, seq, valid_from: rota.validFrom, data: JSON.stringify(rota) }
      })
      for (const some of partsOf(rows)) {
        await database.batch(
          some.map((row) =>
            statements.step(
              'earlier rota',
              (built) =>
                built
                  .insertInto('earlier_rotas')
                  .values(row)
                  .onConflict((conflict) => conflict.doNothing()),
              Object.values(row),
            ),
          ),
        )
      }
    },
  }
}

/** One entity that a version changes. `entity` undefined: it is removed. `wasThere`: it was in the version before. */
interface EntityChange extends EntityName {
  readonly position: number
  readonly entity: Entity | undefined
  readonly wasThere: boolean
}

/** The changes that turn one directory into another. */
async function changesOf(db: Db, from: Directory, to: Directory): Promise<readonly EntityChange[]> {
  const changes: EntityChange[] = []
  for (const section of sections) {
    const [before, after] = [entitiesIn(from, section), entitiesIn(to, section)]
    const changed = [...after].flatMap(([id, entity]) => (before.has(id) && !same(before.get(id), entity) ? [id] : []))
    const removed = [...before.keys()].filter((id) => !after.has(id))
    const added = [...after.keys()].filter((id) => !before.has(id))
    const moved =
      added.length > 0 ||
      !same(
        [...before.keys()].filter((id) => after.has(id)),
        [...after.keys()],
      )
    const places = new Map<string, number>()
    if (before.size > 0)
      for (const some of moved ? [undefined] : partsOf(changed))
        for (const { id, position } of await questions.entityPlaces.ask(db, section, some)) places.set(id, position)
    const fresh = moved ? placesFor(places, [...after.keys()]) : new Map<string, number>()
    for (const id of removed) changes.push({ section, id, position: 0, entity: undefined, wasThere: true })
    for (const id of new Set([...changed, ...fresh.keys()]))
      changes.push({ section, id, position: fresh.get(id) ?? places.get(id) ?? 0, entity: after.get(id), wasThere: before.has(id) })
  }
  return changes
}

function ended(statements: Statements, { section, id }: EntityName, version: number): Step {
  const step = statements.step(
    'entity ended',
    (db) =>
      db
        .updateTable('directory_entities')
        .set({ to_version: version })
        .where('section', '=', section)
        .where('id', '=', id)
        .where('to_version', 'is', null),
    [version, section, id],
  )
  return { ...step, mustChange: 1 }
}

/** Stores a file's content, for the next time: the version in force after it, and where it differs. */
async function fileSteps(
  db: Db,
  statements: Statements,
  { file, sha256, directory }: FileApplied,
  now: VersionedDirectory,
  at: number,
): Promise<readonly Step[]> {
  const key = ({ section, id }: EntityName) => `${section} ${id}`
  const before = new Map((await questions.fileDifferences.ask(db, file)).map((difference) => [key(difference), difference]))
  const after = new Map(differencesOf(directory, now.directory).map((difference) => [key(difference), difference]))
  const gone = [...before.values()].filter((difference) => !after.has(key(difference)))
  const changed = [...after.values()].filter((difference) => !same(before.get(key(difference)), difference))
  return [
    ...statements.insert('directory_files', [{ file, version: now.version, sha256, at }], ['file']),
    ...gone.map(({ section, id }) =>
      statements.step(
        'file difference gone',
        (built) =>
          built.deleteFrom('directory_file_differences').where('file', '=', file).where('section', '=', section).where('id', '=', id),
        [file, section, id],
      ),
    ),
    ...statements.insert(
      'directory_file_differences',
      changed.map((difference) => ({ file, section: difference.section, id: difference.id, data: dataOf(difference) })),
      ['file', 'section', 'id'],
    ),
  ]
}

function dataOf({ section, entity, order }: FileDifference): string | null {
  if (order !== undefined) return JSON.stringify(order)
  return entity === undefined ? null : JSON.stringify(plainEntity(section, entity))
}

/** Where a file differs from the directory in force. */
function differencesOf(file: Directory, inForce: Directory): readonly FileDifference[] {
  if (file === inForce) return []
  return sections.flatMap((section): FileDifference[] => {
    const [said, there] = [entitiesIn(file, section), entitiesIn(inForce, section)]
    const differing = [...new Set([...said.keys(), ...there.keys()])]
      .filter((id) => !same(said.get(id), there.get(id)))
      .map((id) => ({ section, id, entity: said.get(id) }))
    const orderedAlike = same(
      [...said.keys()],
      [...there.keys()].filter((id) => said.has(id)),
    )
    return orderedAlike ? differing : [...differing, { section, id: '', entity: undefined, order: [...said.keys()] }]
  })
}

/** The reverse. */
function asTheFileSaid(inForce: Directory, differences: readonly FileDifference[]): Directory {
  if (differences.length === 0) return inForce
  return directoryOf(
    Object.fromEntries(
      sections.map((section) => {
        const entities = new Map(entitiesIn(inForce, section))
        const here = differences.filter((difference) => difference.section === section)
        for (const { id, entity } of here) {
          if (entity === undefined) entities.delete(id)
          else entities.set(id, entity)
        }
        const order = here.find((difference) => difference.order !== undefined)?.order ?? [...entities.keys()]
        return [section, new Map(order.flatMap((id) => pairOf(entities, id)))]
      }),
    ),
  )
}

/** @param changed replace entities of `entities`, or remove them */
function inPlaces(
  entities: ReadonlyMap<string, Entity>,
  changed: readonly ChangedEntity[],
  now: readonly { readonly id: string; readonly position: number }[],
): ReadonlyMap<string, Entity> {
  const all = new Map(entities)
  const places = new Map(now.map(({ id, position }) => [id, position]))
  for (const { id, position, entity } of changed) {
    places.set(id, position)
    if (entity === undefined) all.delete(id)
    else all.set(id, entity)
  }
  const place = (id: string) => places.get(id) ?? Number.POSITIVE_INFINITY
  const ids = [...all.keys()].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
  return new Map(ids.flatMap((id) => pairOf(all, id)))
}

function pairOf(entities: ReadonlyMap<string, Entity>, id: string): readonly (readonly [string, Entity])[] {
  const entity = entities.get(id)
  return entity === undefined ? [] : [[id, entity]]
}
