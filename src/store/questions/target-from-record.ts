import type { AttemptResult, CallFact } from '../../facts/events.js'
import { withStep, type RingingStep, type TargetFigures } from '../../watch-list/target-figures.js'
import type { Db } from '../statements.js'

export interface TargetFromRecord {
  /** Undefined: it stands on no rota. */
  readonly figures: TargetFigures | undefined
  /** The candidates as which it was rung, and when each was last (wall-clock ms). */
  readonly rungAt: ReadonlyMap<string, number>
}

/** The figures of one telephone, read off the record of its ringings and of who cleared it: what `TargetRows` keeps up to date. @param without a call that is about to be deleted */
export async function targetFromRecord(db: Db, target: string, without?: string): Promise<TargetFromRecord> {
  const rows = await db
    .selectFrom('attempts')
    .select(['call_id', 'attempt', 'candidate', 'label', 'started_at', 'answered_at', 'ended_at', 'result', 'status', 'reason'])
    .where('target', '=', target)
    .where('pool', '<>', 'direct')
    .where('call_id', '<>', without ?? '')
    .execute()
  const clearings = await db
    .selectFrom('ledger')
    .select('at')
    .where('topic', '=', 'watchList')
    .where('subject', '=', target)
    .where('type', '=', 'cleared')
    .execute()
  const steps: { readonly at: number; readonly step: RingingStep }[] = clearings.map(({ at }) => ({
    at: Number(at),
    step: { type: 'cleared', at: Number(at) },
  }))
  const rungAt = new Map<string, number>()
  for (const row of rows) {
    const startedAt = Number(row.started_at)
    rungAt.set(row.candidate, Math.max(startedAt, rungAt.get(row.candidate) ?? 0))
    steps.push({ at: startedAt, step: { type: 'started', at: startedAt, candidate: row.candidate, label: row.label } })
    if (row.answered_at !== null) steps.push({ at: Number(row.answered_at), step: { type: 'answered' } })
    if (row.ended_at === null || row.result === null) continue
    const fault = row.result === 'failed' ? await faultOf(db, row.call_id, row.attempt) : undefined
    steps.push({
      at: Number(row.ended_at),
      step: {
        type: 'ended',
        callId: row.call_id,
        at: Number(row.ended_at),
        // Written by the projection from a typed fact.
        result: row.result as AttemptResult,
        ...(row.status === null ? {} : { status: Number(row.status) }),
        ...(row.reason === null ? {} : { reason: row.reason }),
        ...(fault === undefined ? {} : { fault }),
      },
    })
  }
  let figures: TargetFigures | undefined
  // Stable: what is of one ringing and one moment stays in its order. What failed in the moment of a clearing was before it.
  for (const { step } of steps.sort((a, b) => a.at - b.at || Number(a.step.type === 'cleared') - Number(b.step.type === 'cleared')))
    figures = withStep(target, figures, step)
  return { figures, rungAt }
}

/** Whose fault it was stands in the facts alone. */
async function faultOf(db: Db, callId: string, attempt: string): Promise<Extract<CallFact, { type: 'attempt.ended' }>['fault']> {
  const rows = await db.selectFrom('call_events').select('data').where('call_id', '=', callId).where('type', '=', 'attempt.ended').execute()
  const facts = rows.map(({ data }) => JSON.parse(data) as Extract<CallFact, { type: 'attempt.ended' }>)
  return facts.find((fact) => fact.attempt === attempt)?.fault
}
