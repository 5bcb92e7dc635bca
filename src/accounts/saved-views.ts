import { randomUUID } from 'node:crypto'
import type { Db } from '../store/statements.js'

/** A list of calls under a name: what it filters and sorts by, as a query string. */
export interface SavedView {
  readonly id: string
  readonly name: string
  readonly query: string
}

/** More than a person can find their way through. */
const maxViews = 100

/** Those of one person or program, by their names. */
export async function viewsOf(db: Db, owner: string): Promise<readonly SavedView[]> {
  return db.selectFrom('saved_views').select(['id', 'name', 'query']).where('owner', '=', owner).orderBy('name').limit(maxViews).execute()
}

/** Keeps one; one of the same name gives way to it. @returns undefined: they have as many as there may be */
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
