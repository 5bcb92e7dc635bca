import type { ColumnDataType, Kysely, sql } from 'kysely'
import type { Integer, OptionalInteger } from './column-types.js'

/** A message that goes out by itself (src/outbox). */
export interface OutboxTable {
  id: string
  /** What makes it the same message however often it is put in. */
  once: string
  person: string
  kind: string
  /** JSON. No secret, and nothing of a patient. */
  data: string
  state: string
  created_at: Integer
  due_at: Integer
  tries: Integer
  sent_at: OptionalInteger
  trouble: string | null
}

/** Who wants which messages. */
export interface SubscriptionsTable {
  person: string
  kind: string
}

/** Room `outbox`. */
export interface OutboxTables {
  outbox: OutboxTable
  subscriptions: SubscriptionsTable
}

type Type = ColumnDataType | ReturnType<typeof sql>

/**
 * Messages that go out by themselves, and who wants which; the same in both databases.
 * @param text the type of columns that are compared and sorted
 */
export async function makeOutboxTables(db: Kysely<unknown>, text: Type): Promise<void> {
  await db.schema
    .createTable('outbox')
    .addColumn('id', text, (column) => column.notNull().primaryKey())
    // What makes it the same message however often it is put in.
    .addColumn('once', text, (column) => column.notNull().unique())
    .addColumn('person', text, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('sent_at', 'bigint')
    .addColumn('trouble', 'text')
    .execute()
  await db.schema.createIndex('outbox_by_due').on('outbox').columns(['state', 'due_at', 'id']).execute()
  await db.schema.createIndex('outbox_by_time').on('outbox').columns(['created_at', 'id']).execute()
  await db.schema
    .createTable('subscriptions')
    .addColumn('person', text, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('subscriptions_pk', ['kind', 'person'])
    .execute()
}
