import type { AttemptPool, AttemptResult } from '../../facts/events.js'
import { partsOf } from '../paged.js'
import { later, type PastRinging } from '../past-ringing.js'
import type { Db } from '../statements.js'

/** Every ringing of these telephones (as the facts name them) that began in the period and is over, on any line, oldest first. */
export async function ringings(db: Db, targets: readonly string[], from: number, to: number): Promise<readonly PastRinging[]> {
  const found: PastRinging[] = []
  for (const page of partsOf(targets)) {
    const rows = await db
      .selectFrom('attempts')
      .innerJoin('calls', 'calls.call_id', 'attempts.call_id')
      .select([
        'attempts.call_id',
        'attempts.attempt',
        'attempts.candidate',
        'attempts.label',
        'attempts.pool',
        'attempts.target',
        'attempts.started_at',
        'attempts.started_after_ms',
        'attempts.answered_after_ms',
        'attempts.accepted_after_ms',
        'attempts.ended_after_ms',
        'attempts.result',
        'calls.line',
        'calls.ended_after_ms as call_ended_after_ms',
      ])
      .where('attempts.target', 'in', page)
      .where('attempts.started_at', '>=', from)
      .where('attempts.started_at', '<', to)
      .execute()
    for (const row of rows) {
      if (row.result === null || row.ended_after_ms === null) continue
      const attempt = { startedAt: Number(row.started_at), startedAfterMs: Number(row.started_after_ms) }
      found.push({
        callId: row.call_id,
        attempt: row.attempt,
        line: row.line ?? undefined,
        candidate: row.candidate,
        label: row.label,
        // Written by the projection from typed facts.
        pool: row.pool as AttemptPool,
        result: row.result as AttemptResult,
        target: row.target,
        startedAt: attempt.startedAt,
        answeredAt: later(attempt, optional(row.answered_after_ms)),
        acceptedAt: later(attempt, optional(row.accepted_after_ms)),
        endedAt: later(attempt, Number(row.ended_after_ms)),
        callEndedAt: later(attempt, optional(row.call_ended_after_ms)),
      })
    }
  }
  // By call and attempt where two began in the same millisecond: the order must not hang on the database's mood.
  return found.sort((a, b) => a.startedAt - b.startedAt || compare(a.attempt, b.attempt))
}

function optional(value: number | string | null): number | undefined {
  return value === null ? undefined : Number(value)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
