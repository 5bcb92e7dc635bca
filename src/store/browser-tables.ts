import type { ColumnDataType, Kysely, sql } from 'kysely'

/**
 * Browsers with which a person has signed in before; the same in both databases.
 * @param text the type of columns that are compared and sorted
 */
export async function makeBrowserTables(db: Kysely<unknown>, text: ColumnDataType | ReturnType<typeof sql>): Promise<void> {
  await db.schema
    .createTable('known_browsers')
    .addColumn('person', text, (column) => column.notNull())
    // SHA-256 of what the browser carries.
    .addColumn('browser', text, (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('known_browsers_pk', ['person', 'browser'])
    .execute()
  await db.schema.createIndex('known_browsers_by_use').on('known_browsers').column('seen_at').execute()
}
