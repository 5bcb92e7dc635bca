import type { ColumnDataType, Kysely, sql } from 'kysely'
import type { Integer } from './column-types.js'

/** Who takes no calls for a while, by the latest entry in the ledger. */
export interface NotNowTable {
  clinician: string
  since: Integer
  until: Integer
  why: string
  seq: Integer
}

/** Room `availability`. */
export interface AvailabilityTables {
  not_now: NotNowTable
}

/** Who takes no calls for a while, by the latest entry in the ledger: a row for each clinician who ever set it. */
export async function makeAvailabilityTables(db: Kysely<unknown>, text: ColumnDataType | ReturnType<typeof sql>): Promise<void> {
  await db.schema
    .createTable('not_now')
    .addColumn('clinician', text, (column) => column.primaryKey())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('why', 'text', (column) => column.notNull())
    // Of the entry of the ledger.
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('not_now_by_end').on('not_now').column('until').execute()
}
