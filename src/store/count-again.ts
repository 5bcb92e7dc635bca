import { sql, type Kysely } from 'kysely'

/** A migration for new figures in the sums: the sums are emptied, and the calls are counted again in the background (`countPast`). */
export async function countAgain(db: Kysely<unknown>): Promise<void> {
  // The counter of changes of a month goes on: copies of its sums, in pages and caches, are out of date.
  await sql`delete from roll_ups where scope <> 'month'`.execute(db)
  await sql`update calls set rolled_up = null where rolled_up is not null`.execute(db)
}
