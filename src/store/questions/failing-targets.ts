import type { FailingTarget } from '../../watch-list/target-history.js'
import type { Db } from '../statements.js'
import { figuresOfRow } from '../target-rows.js'

/** The next telephones that failed since a person was last reached there. @param after the `id` of the last one before */
export async function failingTargets(db: Db, limit: number, after = 0): Promise<readonly (FailingTarget & { readonly id: number })[]> {
  const rows = await db
    .selectFrom('targets')
    .selectAll()
    .where('failing', '>', 0)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => {
    const { target, label, failures, watchedSince, clearedAt } = figuresOfRow(row)
    return { id: row.id, target, label, failures, watchedSince, clearedAt }
  })
}
