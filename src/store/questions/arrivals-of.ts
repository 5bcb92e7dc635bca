import type { CallEvent } from '../../facts/events.js'
import type { Db } from '../statements.js'
import { asEvent } from './events-of.js'

/** How these calls arrived, in no order; those that never did are left out. */
export async function arrivalsOf(db: Db, callIds: readonly string[]): Promise<readonly CallEvent[]> {
  if (callIds.length === 0) return []
  const rows = await db.selectFrom('call_events').selectAll().where('call_id', 'in', callIds).where('type', '=', 'call.arrived').execute()
  return rows.map(asEvent)
}
