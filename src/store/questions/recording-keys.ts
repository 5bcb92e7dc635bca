import type { Selectable } from 'kysely'
import type { RecordingKeysTable } from '../recording-key-tables.js'
import type { Db } from '../statements.js'

/** The wrapped key of a recording. */
export interface RecordingKey {
  readonly id: string
  readonly recordingId: string
  readonly callId: string
  /** Id of the key that wraps it. */
  readonly by: string
  /** Base64. */
  readonly wrapped: string
}

export async function recordingKey(
  db: Db,
  which: { readonly id: string } | { readonly recordingId: string },
): Promise<RecordingKey | undefined> {
  const query = db.selectFrom('recording_keys').selectAll()
  const row = await (
    'id' in which ? query.where('key_id', '=', which.id) : query.where('recording_id', '=', which.recordingId)
  ).executeTakeFirst()
  return row && asKey(row)
}

/** The next ones, by their ids. */
export async function recordingKeys(db: Db, limit: number, after: Pick<RecordingKey, 'id'> | undefined): Promise<readonly RecordingKey[]> {
  return (
    await db
      .selectFrom('recording_keys')
      .selectAll()
      .where('key_id', '>', after?.id ?? '')
      .orderBy('key_id')
      .limit(limit)
      .execute()
  ).map(asKey)
}

function asKey(row: Selectable<RecordingKeysTable>): RecordingKey {
  return { id: row.key_id, recordingId: row.recording_id, callId: row.call_id, by: row.by, wrapped: row.wrapped }
}
