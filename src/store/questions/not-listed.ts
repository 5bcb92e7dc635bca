import type { Place } from '../call-filter.js'
import { isListed } from '../list-columns.js'
import type { Db } from '../statements.js'

/** Whether the oldest call has what a list shows of it in its row: it gets it last of all those of the past. */
export async function isPastListed(db: Db): Promise<boolean> {
  const oldest = await db.selectFrom('calls').select('listed_seq').orderBy('arrived_at').orderBy('call_id').limit(1).executeTakeFirst()
  return oldest === undefined || oldest.listed_seq !== null
}

/** The next `limit` calls, the newest first: how many they are, those whose row lacks what a list shows, and where the last one stands. Undefined: there are no more. */
export async function notListed(
  db: Db,
  behind: Place | undefined,
  limit: number,
): Promise<{ readonly calls: number; readonly ids: readonly string[]; readonly last: Place } | undefined> {
  let query = db.selectFrom('calls').select(['call_id', 'arrived_at', 'last_seq', 'listed_seq'])
  if (behind)
    query = query.where((where) => where(where.refTuple('arrived_at', 'call_id'), '<', where.tuple(behind.arrivedAt, behind.callId)))
  const rows = await query.orderBy('arrived_at', 'desc').orderBy('call_id', 'desc').limit(limit).execute()
  const last = rows.at(-1)
  if (last === undefined) return undefined
  return {
    calls: rows.length,
    ids: rows.filter((row) => !isListed(row)).map(({ call_id }) => call_id),
    last: { arrivedAt: Number(last.arrived_at), callId: last.call_id },
  }
}
