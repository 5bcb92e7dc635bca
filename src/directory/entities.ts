import { emptyDirectory } from './empty-directory.js'
import type { Area, Clinician, Directory, DirectoryNumber, Line, NcnPool, Organisation, Rota } from './model.js'
import { defaultOutcomes } from './outcomes.js'

/** The sections of a directory. Each has entities, which have an id. */
export const sections = ['areas', 'organisations', 'clinicians', 'lines', 'rotas', 'pools', 'numbers'] as const
export type Section = (typeof sections)[number]

/** One thing of a directory. A rota has the id of its line, a dialled number is its own id. */
export interface EntityName {
  readonly section: Section
  readonly id: string
}

/** The thing itself, by its section. */
export interface EntityTypes {
  readonly areas: Area
  readonly organisations: Organisation
  readonly clinicians: Clinician
  readonly lines: Line
  readonly rotas: Rota
  readonly pools: NcnPool
  readonly numbers: DirectoryNumber
}
export type Entity = EntityTypes[Section]

/** An entity without its id and without derived fields (a spoken name equal to the written one, the default outcomes): plain JSON. */
export type PlainEntity = Readonly<Record<string, unknown>>

/** Fields left out if equal to another one. */
const follows: Readonly<Partial<Record<Section, string>>> = { organisations: 'name', clinicians: 'name', lines: 'name', pools: 'specialty' }
/** The field that holds the id. */
const idField: Readonly<Record<Section, string>> = {
  areas: 'id',
  organisations: 'id',
  clinicians: 'id',
  lines: 'id',
  rotas: 'line',
  pools: 'id',
  numbers: 'number',
}

export function plainEntity(section: Section, entity: Entity): PlainEntity {
  const { [idField[section]]: _id, ...plain } = entity as unknown as Record<string, unknown>
  const like = follows[section]
  if (like !== undefined && plain['spokenName'] === plain[like]) delete plain['spokenName']
  if (section === 'lines') {
    if (plain['ownOutcomes'] !== true) delete plain['outcomes']
    delete plain['ownOutcomes']
  }
  return plain
}

/** The other way. @param plain what `plainEntity` made of an entity of this section */
export function entityOf(section: Section, id: string, plain: PlainEntity): Entity {
  const entity: Record<string, unknown> = { [idField[section]]: id, ...plain }
  const like = follows[section]
  if (like !== undefined) entity['spokenName'] ??= entity[like]
  if (section === 'lines') {
    if (entity['outcomes'] === undefined) entity['outcomes'] = defaultOutcomes[entity['kind'] as Line['kind']]
    else entity['ownOutcomes'] = true
  }
  // It was made from such an entity.
  return entity as unknown as Entity
}

/** The entities of a section, by id, in order. */
export function entitiesIn(directory: Directory, section: Section): ReadonlyMap<string, Entity> {
  return directory[section]
}

/** A directory from entities. @param parts an absent section is empty */
export function directoryOf(parts: Readonly<Partial<Record<Section, ReadonlyMap<string, Entity>>>>): Directory {
  // Each section has entities of its own kind.
  return { ...emptyDirectory, ...parts } as Directory
}

/** Whether two plain values are equal, regardless of the order of names. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => same(item, b[index]))
  if (!isRecord(a) || !isRecord(b)) return false
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
