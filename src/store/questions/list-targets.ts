import type { TargetFigures } from '../../watch-list/target-figures.js'
import type { Db } from '../statements.js'
import { figuresOfRow } from '../target-rows.js'

/** A telephone with the number under which the database has it. */
export interface StoredTarget extends TargetFigures {
  readonly id: number
}

/** One page of telephones. `next`: for the next page, given back as it is; undefined on the last one. */
export interface TargetPage {
  readonly targets: readonly StoredTarget[]
  readonly next?: string
}

const targetCursor = /^(\d{1,15})\.(\d{1,15})\.(.*)$/s

/** Every telephone that was ever rung by a hunt, those on the watch list first, then by owner. An unreadable cursor gives the first page. */
export async function listTargets(db: Db, { limit, cursor }: { readonly limit: number; readonly cursor?: string }): Promise<TargetPage> {
  const after = place(cursor)
  let query = db.selectFrom('targets').selectAll()
  if (after)
    query = query.where((where) => where(where.refTuple('place', 'label', 'id'), '>', where.tuple(after.number, after.label, after.id)))
  const rows = await query
    .orderBy('place')
    .orderBy('label')
    .orderBy('id')
    .limit(limit + 1)
    .execute()
  return page(
    rows.map((row) => ({ id: row.id, ...figuresOfRow(row) })),
    limit,
    ({ watchedSince }) => (watchedSince === undefined ? 1 : 0),
  )
}

/** The telephones on the watch list, the latest first. */
export async function listWatched(db: Db, { limit, cursor }: { readonly limit: number; readonly cursor?: string }): Promise<TargetPage> {
  const after = place(cursor)
  let query = db.selectFrom('targets').selectAll().where('watched_since', 'is not', null)
  if (after) query = query.where((where) => where(where.refTuple('watched_since', 'id'), '<', where.tuple(after.number, after.id)))
  const rows = await query
    .orderBy('watched_since', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  return page(
    rows.map((row) => ({ id: row.id, ...figuresOfRow(row) })),
    limit,
    ({ watchedSince }) => watchedSince ?? 0,
  )
}

/** The telephone that the database has under this number. */
export async function targetById(db: Db, id: number): Promise<StoredTarget | undefined> {
  const row = await db.selectFrom('targets').selectAll().where('id', '=', id).executeTakeFirst()
  return row && { id: row.id, ...figuresOfRow(row) }
}

/** @returns false for a text that is no cursor of these lists */
export function isTargetCursor(cursor: string): boolean {
  return place(cursor) !== undefined
}

function page(found: readonly StoredTarget[], limit: number, number: (target: StoredTarget) => number): TargetPage {
  const targets = found.slice(0, limit)
  const last = targets.at(-1)
  return {
    targets,
    ...(found.length > limit && last ? { next: Buffer.from(`${number(last)}.${last.id}.${last.label}`).toString('base64url') } : {}),
  }
}

function place(cursor: string | undefined): { readonly number: number; readonly id: number; readonly label: string } | undefined {
  const match = cursor === undefined ? undefined : targetCursor.exec(Buffer.from(cursor, 'base64url').toString())
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { number: Number(match[1]), id: Number(match[2]), label: match[3] ?? '' }
}
