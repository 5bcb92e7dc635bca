import type { ColumnDataType, Kysely, sql } from 'kysely'
import type { Integer } from './column-types.js'

/** A browser notified by Web Push, for as long as its session (src/outbox). */
export interface PushSubscriptionsTable {
  id: string
  person: string
  session: string
  /** Where its push service takes messages for it. Useless without our key pair. */
  endpoint: string
  /** Its keys, so that only the browser can read a message (RFC 8291): base64url. */
  p256dh: string
  auth: string
  created_at: Integer
}

/** Room `outbox`. */
export interface PushTables {
  push_subscriptions: PushSubscriptionsTable
}

/** Browsers notified by Web Push (RFC 8030): one a session, valid as long as that. */
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
