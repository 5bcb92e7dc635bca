import type { ColumnDataType, Kysely, sql } from 'kysely'

/** Browsers that are told of things by Web Push (RFC 8030): one a session, and good as long as that. */
export async function makePushTables(db: Kysely<unknown>, text: ColumnDataType | ReturnType<typeof sql>): Promise<void> {
  await db.schema
    .createTable('push_subscriptions')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('person', text, (column) => column.notNull())
    .addColumn('session', text, (column) => column.notNull().unique())
    .addColumn('endpoint', text, (column) => column.notNull().unique())
    .addColumn('p256dh', 'text', (column) => column.notNull())
    .addColumn('auth', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
}
