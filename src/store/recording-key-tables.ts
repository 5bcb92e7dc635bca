import type { ColumnDataType, Kysely, sql } from 'kysely'

type Type = ColumnDataType | ReturnType<typeof sql>

/**
 * Keys of recordings, and the order in which recordings grow old; the same in both databases.
 * @param text the type of what is compared and sorted
 */
export async function makeRecordingKeyTables(db: Kysely<unknown>, text: Type): Promise<void> {
  await db.schema
    .createTable('recording_keys')
    .addColumn('key_id', text, (column) => column.primaryKey().notNull())
    .addColumn('recording_id', text, (column) => column.notNull().unique())
    .addColumn('call_id', text, (column) => column.notNull())
    .addColumn('by', text, (column) => column.notNull())
    .addColumn('wrapped', 'text', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('recordings_by_start').on('recordings').columns(['started_at', 'recording_id']).execute()
}
