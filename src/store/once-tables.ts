import type { ColumnDataType, Kysely, sql } from 'kysely'

/** What was asked for under a key of whoever asked, and what was answered: asked again, it is answered the same. */
export async function makeOnceTables(db: Kysely<unknown>, text: ColumnDataType | ReturnType<typeof sql>): Promise<void> {
  await db.schema
    .createTable('asked_once')
    .addColumn('who', text, (column) => column.notNull())
    .addColumn('key', text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('answer', 'text')
    .addPrimaryKeyConstraint('asked_once_pk', ['who', 'key'])
    .execute()
  await db.schema.createIndex('asked_once_by_time').on('asked_once').column('at').execute()
}
