import { callRecord } from '../../facts/call-record.js'
import type { RecordingRecord } from '../../facts/recording-record.js'
import type { Db } from '../statements.js'
import { eventsOf } from './events-of.js'

/** A recording and the call that it belongs to. */
export interface StoredRecording extends RecordingRecord {
  readonly callId: string
}

export async function recordingById(db: Db, recordingId: string): Promise<StoredRecording | undefined> {
  const row = await db.selectFrom('recordings').select('call_id').where('recording_id', '=', recordingId).executeTakeFirst()
  if (!row) return undefined
  const recording = callRecord(await eventsOf(db, row.call_id))?.recordings.find((one) => one.recordingId === recordingId)
  return recording && { ...recording, callId: row.call_id }
}
