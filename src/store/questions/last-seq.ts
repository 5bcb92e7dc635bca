import type { Db } from '../statements.js'

/** Number of the last stored fact of a call; 0 when nothing is known of it. */
export async function lastSeq(db: Db, callId: string): Promise<number> {
  const row = await db
    .selectFrom('call_events')
    .select('seq')
    .where('call_id', '=', callId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return Number(row?.seq ?? 0)
}
