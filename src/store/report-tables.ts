import { sql, type ColumnDataType, type Kysely } from 'kysely'
import type { Integer } from './column-types.js'

/** Lists of calls that a person has given a name. */
export interface SavedViewsTable {
  id: string
  /** Id of a person, or of a token. */
  owner: string
  name: string
  /** What it filters and sorts by, as a query string. */
  query: string
  created_at: Integer
}

/** Room `reports`. */
export interface ReportTables {
  saved_views: SavedViewsTable
}

/** Two people talked, the call is over, and no outcome has been left yet, where one could be. */
export const isOutcomeOpen = sql<boolean>`outcome is null and talk_started_after_ms is not null and ending is not null and (line is not null or kind = 'patientConnect')`

/**
 * What the calls report asks by, and the views that people keep of it; the same in both databases.
 * @param text the type of columns that are compared and sorted
 */
export async function makeReportTables(db: Kysely<unknown>, text: ColumnDataType | ReturnType<typeof sql>): Promise<void> {
  for (const column of ['assigned', 'nhs_number']) await db.schema.alterTable('calls').addColumn(column, text).execute()
  for (const column of ['clinician', 'assigned', 'nhs_number', 'outcome']) {
    await db.schema
      .createIndex(`calls_by_${column}`)
      .on('calls')
      .columns([column, 'arrived_at', 'call_id'])
      .where(column, 'is not', null)
      .execute()
  }
  await db.schema.createIndex('calls_by_caller').on('calls').columns(['caller_number', 'arrived_at', 'call_id']).execute()
  for (const column of ['clinician', 'assigned'])
    await sql`create index ${sql.ref(`calls_open_by_${column}`)} on calls (${sql.ref(column)}, arrived_at, call_id) where ${isOutcomeOpen}`.execute(
      db,
    )
  await db.schema
    .createTable('saved_views')
    .addColumn('id', text, (column) => column.notNull().primaryKey())
    .addColumn('owner', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('query', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('saved_views_by_owner').unique().on('saved_views').columns(['owner', 'name']).execute()
}

/** The sums of a month are read figure by figure; the same in both databases. */
export async function makeSumsByFigure(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('roll_ups_by_figure').on('roll_ups').columns(['scope', 'month', 'figure']).execute()
  await db.schema.dropIndex('roll_ups_by_month').execute()
}

/** Indexes along which a list of calls is walked in the order of a figure; the same in both databases. */
export async function makeFigureIndexes(db: Kysely<unknown>): Promise<void> {
  for (const column of ['wait_ms', 'talk_ms'])
    await db.schema.createIndex(`calls_by_${column}`).on('calls').columns([column, 'call_id']).where(column, 'is not', null).execute()
  await db.schema.createIndex('calls_by_refs').on('calls').columns(['refs', 'call_id']).where('refs', 'is not', null).execute()
}
