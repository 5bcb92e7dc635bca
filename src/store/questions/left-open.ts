import type { Db } from '../statements.js'

/** The engine that asks what is left. */
export interface Asker {
  /** Name of the engine. */
  readonly node: string
  /** Its run; undefined where runs are not kept. */
  readonly run: string | undefined
  /** Several engines write to the store, each of which has calls of its own. */
  readonly shared: boolean
}

export interface LeftRow {
  readonly callId: string
  readonly owner: string | null
  /** When it was known that the run is over which had it, wall-clock ms; undefined where that is unknown. */
  readonly goneAt: number | undefined
}

/**
 * Calls without an end that belong to a run which is over, the oldest first: that of another engine, or an earlier one of this engine's own. Where one engine has the store to
 * itself, all that are not of this run.
 */
export async function leftOpen(db: Db, { node, run, shared }: Asker): Promise<readonly LeftRow[]> {
  let query = db
    .selectFrom('calls')
    .select(['call_id', 'owner', 'arrived_at'])
    .select((eb) => eb.selectFrom('engine_runs').select('gone_at').whereRef('engine_runs.incarnation', '=', 'calls.owner').as('gone_at'))
    .where('ending', 'is', null)
  if (shared) {
    query = query.where((eb) => {
      const goesOn = eb.exists(
        eb
          .selectFrom('engine_runs')
          .select('incarnation')
          .whereRef('engine_runs.incarnation', '=', 'calls.owner')
          .where('gone_at', 'is', null),
      )
      return eb.or([eb.and([eb('owner', 'is', null), eb('node', '=', node)]), eb.and([eb('owner', 'is not', null), eb.not(goesOn)])])
    })
  } else if (run !== undefined) query = query.where((eb) => eb.or([eb('owner', 'is', null), eb('owner', '<>', run)]))
  const rows = await query.execute()
  return rows
    .toSorted((a, b) => Number(a.arrived_at) - Number(b.arrived_at))
    .map((row) => ({ callId: row.call_id, owner: row.owner, goneAt: row.gone_at == null ? undefined : Number(row.gone_at) }))
}
