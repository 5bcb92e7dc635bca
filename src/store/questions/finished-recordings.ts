import type { Db } from '../statements.js'

export interface FinishedRecording {
  readonly recordingId: string
  readonly callId: string
  /** Below the recordings folder. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** The next recordings that have an MP3, by their ids. */
export async function finishedRecordings(
  db: Db,
  limit: number,
  after: FinishedRecording | undefined,
): Promise<readonly FinishedRecording[]> {
  const rows = await db
    .selectFrom('recordings')
    .select(['recording_id', 'call_id', 'path', 'bytes', 'sha256'])
    .where('recording_id', '>', after?.recordingId ?? '')
    .where('state', '=', 'ready')
    .orderBy('recording_id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    recordingId: row.recording_id,
    callId: row.call_id,
    path: row.path ?? '',
    bytes: Number(row.bytes ?? 0),
    sha256: row.sha256 ?? '',
  }))
}
