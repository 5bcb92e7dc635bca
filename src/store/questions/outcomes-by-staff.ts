import { sql } from 'kysely'
import { arrangedCallKinds } from '../arranged-call-kinds.js'
import type { Db } from '../statements.js'

/** After this call. */
export interface AfterOutcome {
  readonly at: number
  readonly callId: string
}

/** The condition of the index over them, to the letter. */
export const isByStaff = sql<boolean>`outcome_by = 'staff'`

/** The next calls that can carry an arrangement and have an outcome which staff left since then (wall-clock ms), in the order in which they were left. */
export async function outcomesByStaff(db: Db, since: number, limit: number, after?: AfterOutcome): Promise<readonly AfterOutcome[]> {
  let query = db
    .selectFrom('calls')
    .select(['call_id', 'outcome_at'])
    .where(isByStaff)
    .where('kind', 'in', [...arrangedCallKinds])
    .where('outcome_at', '>=', after?.at ?? since)
  if (after) query = query.where((where) => where(where.refTuple('outcome_at', 'call_id'), '>', where.tuple(after.at, after.callId)))
  const rows = await query.orderBy('outcome_at').orderBy('call_id').limit(limit).execute()
  return rows.map((row) => ({ at: Number(row.outcome_at), callId: row.call_id }))
}
