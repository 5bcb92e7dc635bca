import type { ColumnDataType, Kysely, sql } from 'kysely'
import { countAgain } from './count-again.js'
import type { Integer } from './column-types.js'

/** A monthly return as it was handed in (src/reports). */
export interface MonthlyReturnsTable {
  month: string
  returned_at: Integer
  returned_by: string
  /** JSON. */
  rows: string
}

/** Room `reports`. */
export interface ReturnTables {
  monthly_returns: MonthlyReturnsTable
}

/**
 * Monthly returns as they were handed in, and the sums that they are made of; the same in both databases.
 * @param text the type of columns that are compared and sorted
 */
export async function makeReturnTables(db: Kysely<unknown>, text: ColumnDataType | ReturnType<typeof sql>): Promise<void> {
  await db.schema
    .createTable('monthly_returns')
    .addColumn('month', text, (column) => column.notNull())
    .addColumn('returned_at', 'bigint', (column) => column.notNull())
    .addColumn('returned_by', text, (column) => column.notNull())
    // What it says of each month that it tells of, as JSON.
    .addColumn('rows', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('monthly_returns_pk', ['month', 'returned_at'])
    .execute()
  await countAgain(db)
}
