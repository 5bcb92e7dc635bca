import type { ColumnDataType, Kysely, sql } from 'kysely'
import type { Integer } from './column-types.js'
import type { RollUpsTable } from './schema.js'

/** Calls whose facts were deleted at the end of their retention period (`src/retention`), append-only: without its row here the database refuses to delete a fact. */
export interface DeletedCallsTable {
  call_id: string
  at: Integer
  /** Id of the deletion in the ledger. */
  certificate: string
  facts: Integer
  /** Over all of them (`hashOfFacts`). */
  hash: string
}

/** The share of deleted calls in the sums (`RollUpsTable`), so that these can still be recounted. */
export type DeletedSumsTable = RollUpsTable

/** The entry up to which the audit was deleted, and the seal of that one; append-only. */
export interface AuditCutsTable {
  through: Integer
  at: Integer
  certificate: string
  entries: Integer
  seal: string
}

/** Entries of the ledger that were deleted with their arrangement, append-only: without its row here the database refuses to delete an entry. */
export interface DeletedEntriesTable {
  /** Its number in the ledger. */
  seq: Integer
  /** Id of the arrangement. */
  arrangement: string
  at: Integer
  /** Id of the deletion in the ledger. */
  certificate: string
  /** Of the entry (`hashOfEntry`). */
  hash: string
}

/** Room `retention`. */
export interface DeletionTables {
  deleted_calls: DeletedCallsTable
  deleted_sums: DeletedSumsTable
  audit_cuts: AuditCutsTable
  deleted_entries: DeletedEntriesTable
}

type Type = ColumnDataType | ReturnType<typeof sql>

/**
 * Records of deletions at the end of a retention period: without its row here the database refuses to delete. The same in both databases.
 * @param text the type of columns that are compared and sorted
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
 * Records that entries of the ledger were deleted with their arrangement. The same in both databases.
 * @param text the type of columns that are compared and sorted
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
