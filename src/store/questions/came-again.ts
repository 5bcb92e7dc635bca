import type { Db } from '../statements.js'

/** Whether the INVITE of this call has come again after it, and is another call: an engine had died before it answered. */
export async function cameAgain(db: Db, callId: string, sipCallId: string): Promise<boolean> {
  const rows = await db
    .selectFrom('calls')
    .select('call_id')
    .where('sip_call_id', '=', sipCallId)
    .where('arrived_at', '>=', (eb) => eb.selectFrom('calls').select('arrived_at').where('call_id', '=', callId))
    .where('call_id', '<>', callId)
    .limit(1)
    .execute()
  return rows.length > 0
}
