import { randomUUID } from 'node:crypto'
import type { Db } from '../store/statements.js'

/** A named list of calls: its filters and sort, as a query string. */
export interface SavedView {
  readonly id: string
  readonly name: string
  readonly query: string
}

/** The most views: more would be hard to find one's way through. */
const maxViews = 100

/** Those of one person or program, by their names. */
export async function viewsOf(db: Db, owner: string): Promise<readonly SavedView[]> {
  return db.selectFrom('saved_views').select(['id', 'name', 'query']).where('owner', '=', owner).orderBy('name').limit(maxViews).execute()
}

/** Saves one, replacing one of the same name. @returns undefined: they have the maximum */
export async function keepView(db: Db, owner: string, view: Omit<SavedView, 'id'>, now: number): Promise<SavedView | undefined> {
  const there = await viewsOf(db, owner)
  const same = there.find(({ name }) => name === view.name)
  if (!same && there.length >= maxViews) return undefined
  const id = same?.id ?? randomUUID()
  await db
    .insertInto('saved_views')
    .values({ id, owner, name: view.name, query: view.query, created_at: now })
    .onConflict((conflict) => conflict.columns(['owner', 'name']).doUpdateSet({ query: view.query, created_at: now }))
    .execute()
  return { id, ...view }
}

/** @returns false: they have no such view */
export async function removeView(db: Db, owner: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('saved_views').where('id', '=', id).where('owner', '=', owner).executeTakeFirst()
  return numDeletedRows > 0n
}
