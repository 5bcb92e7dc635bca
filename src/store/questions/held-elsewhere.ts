import type { Db } from '../statements.js'
import type { Asker } from './left-open.js'

/** Of these calls, those that belong to a run of another engine which goes on: it carries them, or has carried them to an end since then (wall-clock ms). */
export async function heldElsewhere(db: Db, { run, shared }: Asker, callIds: readonly string[], since: number): Promise<readonly string[]> {
  if (!shared || callIds.length === 0) return []
  const rows = await db
    .selectFrom('calls')
    .select('call_id')
    .where('call_id', 'in', callIds)
    .where('owner', '<>', run ?? '')
    .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>=', since)]))
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('engine_runs')
          .select('incarnation')
          .whereRef('engine_runs.incarnation', '=', 'calls.owner')
          .where('gone_at', 'is', null),
      ),
    )
    .execute()
  return rows.map((row) => row.call_id)
}
