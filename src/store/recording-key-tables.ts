import type { ColumnDataType, Kysely, sql } from 'kysely'

/** The key of each recording, under which its data key is wrapped; itself wrapped by a key of its organisation. With the recording it is deleted: a copy of the file is then unreadable. */
export interface RecordingKeysTable {
  key_id: string
  recording_id: string
  call_id: string
  /** Id of the key that wraps it. */
  by: string
  /** Base64. */
  wrapped: string
}

/** Room `keys`. */
export interface RecordingKeyTables {
  recording_keys: RecordingKeysTable
}

type Type = ColumnDataType | ReturnType<typeof sql>

/**
 * Keys of recordings, and the order in which recordings grow old; the same in both databases.
 * @param text the type of columns that are compared and sorted
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
