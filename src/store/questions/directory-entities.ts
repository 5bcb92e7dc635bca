import { entityOf, type Entity, type EntityName, type PlainEntity, type Section } from '../../directory/entities.js'
import type { Db } from '../statements.js'

/** An entity of the directory, and its place in its section. */
export interface PlacedEntity extends EntityName {
  readonly position: number
  readonly entity: Entity
}

/** One that others have changed: as it is behind that. `entity` undefined: it is not there any more. */
export interface ChangedEntity extends EntityName {
  readonly position: number
  readonly entity: Entity | undefined
}

interface EntityRow {
  readonly section: string
  readonly id: string
  readonly position: number
  readonly data: string
}

/** The next entities in force of a section, in order. */
export async function entitiesInForce(
  db: Db,
  section: Section,
  limit: number,
  after?: { readonly position: number; readonly id: string },
): Promise<readonly PlacedEntity[]> {
  let query = db
    .selectFrom('directory_entities')
    .select(['section', 'id', 'position', 'data'])
    .where('to_version', 'is', null)
    .where('section', '=', section)
  if (after) query = query.where((where) => where(where.refTuple('position', 'id'), '>', where.tuple(after.position, after.id)))
  return (await query.orderBy('position').orderBy('id').limit(limit).execute()).map(placed)
}

/** The places of the entities in force of a section, in order. @param ids these alone. Undefined: of all of them */
export async function entityPlaces(
  db: Db,
  section: Section,
  ids?: readonly string[],
): Promise<readonly { readonly id: string; readonly position: number }[]> {
  let query = db.selectFrom('directory_entities').select(['id', 'position']).where('to_version', 'is', null).where('section', '=', section)
  if (ids) query = query.where('id', 'in', ids)
  return query.orderBy('position').orderBy('id').execute()
}

/**
 * What the versions behind `from` and up to `to` have changed, as it was at `at`: at `to`, what has come of it; at `from`, what was before. In no order.
 */
export async function entitiesChanged(db: Db, from: number, to: number, at: number): Promise<readonly ChangedEntity[]> {
  const began = db
    .selectFrom('directory_entities')
    .select(['section', 'id', 'from_version', 'to_version', 'position', 'data'])
    .where('from_version', '>', from)
    .where('from_version', '<=', to)
  const ended = db
    .selectFrom('directory_entities')
    .select(['section', 'id', 'from_version', 'to_version', 'position', 'data'])
    .where('to_version', '>', from)
    .where('to_version', '<=', to)
  const changed = new Map<string, ChangedEntity>()
  for (const row of [...(await began.execute()), ...(await ended.execute())]) {
    const key = `${row.section} ${row.id}`
    const wasThen = Number(row.from_version) <= at && (row.to_version === null || Number(row.to_version) > at)
    if (wasThen) changed.set(key, placed(row))
    else if (!changed.has(key)) changed.set(key, { section: row.section as Section, id: row.id, position: row.position, entity: undefined })
  }
  return [...changed.values()]
}

function placed({ section, id, position, data }: EntityRow): PlacedEntity {
  const name = { section: section as Section, id }
  // Sections and entities are ours: nothing else writes the table.
  return { ...name, position, entity: entityOf(name.section, id, JSON.parse(data) as PlainEntity) }
}
