import { isArrangementFact, type ArrangementFactType } from '../arrangement-facts.js'
import type { CallEvent } from '../../facts/events.js'
import type { Db } from '../statements.js'
import { asEvent } from './events-of.js'

/** After this fact. */
export interface AfterFact {
  readonly at: number
  readonly callId: string
  readonly seq: number
}

/** The next facts of these types since then (wall-clock ms), by their instants. */
export async function arrangementFactsSince(
  db: Db,
  types: readonly ArrangementFactType[],
  since: number,
  limit: number,
  after?: AfterFact,
): Promise<readonly CallEvent[]> {
  // The index is entered by `at` alone.
  let query = db
    .selectFrom('call_events')
    .selectAll()
    .where(isArrangementFact)
    .where('type', 'in', [...types])
    .where('at', '>=', after?.at ?? since)
  if (after)
    query = query.where((where) => where(where.refTuple('at', 'call_id', 'seq'), '>', where.tuple(after.at, after.callId, after.seq)))
  const rows = await query.orderBy('at').orderBy('call_id').orderBy('seq').limit(limit).execute()
  return rows.map(asEvent)
}
