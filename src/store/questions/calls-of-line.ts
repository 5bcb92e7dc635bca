import { callRecord, type CallRecord } from '../../facts/call-record.js'
import type { CallEvent } from '../../facts/events.js'
import { partsOf } from '../paged.js'
import type { Db } from '../statements.js'
import { asEvent } from './events-of.js'

/** The calls on a line that arrived at or after `from` and before `to` (wall-clock ms), read off their facts, oldest first. */
export async function callsOfLine(db: Db, line: string, from: number, to: number): Promise<readonly CallRecord[]> {
  const rows = await db
    .selectFrom('calls')
    .select('call_id')
    .where('line', '=', line)
    .where('arrived_at', '>=', from)
    .where('arrived_at', '<', to)
    .orderBy('arrived_at')
    .orderBy('call_id')
    .execute()
  const records: CallRecord[] = []
  for (const ids of partsOf(rows.map((row) => row.call_id))) {
    const events = new Map<string, CallEvent[]>(ids.map((id) => [id, []]))
    const found = await db.selectFrom('call_events').selectAll().where('call_id', 'in', ids).orderBy('call_id').orderBy('seq').execute()
    for (const row of found) events.get(row.call_id)?.push(asEvent(row))
    for (const ofCall of events.values()) {
      const record = callRecord(ofCall)
      if (record) records.push(record)
    }
  }
  return records
}
