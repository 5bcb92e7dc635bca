import type { ColumnDataType, Kysely, sql } from 'kysely'

type Type = ColumnDataType | ReturnType<typeof sql>

/**
 * What says that something was deleted because its time was over: without its row here the database lets go of nothing. The same in both databases.
 * @param text the type of what is compared and sorted
 */
export async function makeDeletionTables(db: Kysely<unknown>, text: Type): Promise<void> {
  await db.schema
    .createTable('deleted_calls')
    .addColumn('call_id', text, (column) => column.primaryKey().notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('certificate', text, (column) => column.notNull())
    .addColumn('facts', 'integer', (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('deleted_sums')
    .addColumn('month', text, (column) => column.notNull())
    .addColumn('scope', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('figure', text, (column) => column.notNull())
    .addColumn('part', text, (column) => column.notNull())
    .addColumn('amount', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('deleted_sums_pk', ['scope', 'id', 'month', 'figure', 'part'])
    .execute()
  await db.schema
    .createTable('audit_cuts')
    .addColumn('through', 'bigint', (column) => column.primaryKey().notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('certificate', text, (column) => column.notNull())
    .addColumn('entries', 'bigint', (column) => column.notNull())
    .addColumn('seal', text, (column) => column.notNull())
    .execute()
}

/**
 * What says that entries of the ledger were deleted with the arrangement that they told of. The same in both databases.
 * @param text the type of what is compared and sorted
 */
export async function makeDeletedEntriesTable(db: Kysely<unknown>, text: Type): Promise<void> {
  await db.schema
    .createTable('deleted_entries')
    .addColumn('seq', 'bigint', (column) => column.primaryKey().notNull())
    .addColumn('arrangement', text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('certificate', text, (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('deleted_entries_by_arrangement').on('deleted_entries').columns(['arrangement', 'seq']).execute()
}
