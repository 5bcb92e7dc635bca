import type { Db } from '../statements.js'

/** A recording that is kept, and what says for how long. */
export interface OldRecording {
  readonly recordingId: string
  readonly callId: string
  /** Wall-clock ms. */
  readonly startedAt: number
  readonly bytes: number
  readonly organisation: string | null
  readonly line: string | null
}

/** The next recordings that began before an instant (wall-clock ms) and are still there, the oldest first. */
export async function oldRecordings(
  db: Db,
  before: number,
  limit: number,
  after: Pick<OldRecording, 'startedAt' | 'recordingId'> | undefined,
): Promise<readonly OldRecording[]> {
  let query = db
    .selectFrom('recordings')
    .leftJoin('calls', 'calls.call_id', 'recordings.call_id')
    .select([
      'recordings.recording_id',
      'recordings.call_id',
      'recordings.started_at',
      'recordings.bytes',
      'calls.organisation',
      'calls.line',
    ])
    .where('recordings.started_at', '<', before)
    .where('recordings.state', 'in', ['ready', 'failed'])
  if (after)
    query = query.where((where) =>
      where(where.refTuple('recordings.started_at', 'recordings.recording_id'), '>', where.tuple(after.startedAt, after.recordingId)),
    )
  const rows = await query.orderBy('recordings.started_at').orderBy('recordings.recording_id').limit(limit).execute()
  return rows.map((row) => ({
    recordingId: row.recording_id,
    callId: row.call_id,
    startedAt: Number(row.started_at),
    bytes: Number(row.bytes ?? 0),
    organisation: row.organisation,
    line: row.line,
  }))
}
