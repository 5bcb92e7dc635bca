import type { Kysely } from 'kysely'
import { callRecord, type AttemptRecord, type CallRecord } from '../calls/call-record.js'
import type { AttemptPool, AttemptResult, CallEvent } from '../calls/events.js'
import { asEvent } from './call-database.js'
import type { Schema } from './schema.js'

/** Calls, or telephones, named in one statement. */
const perStatement = 500

/**
 * One ringing that is over, on whichever line it was. `startedAt` is wall-clock ms; the later times are that and what the monotonic clock
 * measured since, so that their differences are durations whatever was done to the machine's clock meanwhile.
 */
export interface PastRinging {
  readonly callId: string
  readonly attempt: string
  readonly line: string | undefined
  readonly candidate: string
  readonly label: string
  readonly pool: AttemptPool
  readonly target: string
  readonly startedAt: number
  readonly answeredAt: number | undefined
  readonly acceptedAt: number | undefined
  readonly endedAt: number
  readonly result: AttemptResult
  /** When its call was over. Undefined while it runs. */
  readonly callEndedAt: number | undefined
}

/** Questions about a whole period, for those who look back: whole calls, and what became of ringing certain telephones. */
export class PeriodQueries {
  constructor(private readonly db: Kysely<Schema>) {}

  /** The calls on a line that arrived at or after `from` and before `to` (wall-clock ms), read off their facts, oldest first. */
  async callsOfLine(line: string, from: number, to: number): Promise<readonly CallRecord[]> {
    const rows = await this.db.selectFrom('calls').select('call_id').where('line', '=', line).where('arrived_at', '>=', from).where('arrived_at', '<', to).orderBy('arrived_at').orderBy('call_id').execute()
    const records: CallRecord[] = []
    for (const ids of pages(rows.map((row) => row.call_id))) {
      const events = new Map<string, CallEvent[]>(ids.map((id) => [id, []]))
      const found = await this.db.selectFrom('call_events').selectAll().where('call_id', 'in', ids).orderBy('call_id').orderBy('seq').execute()
      for (const row of found) events.get(row.call_id)?.push(asEvent(row))
      for (const ofCall of events.values()) {
        const record = callRecord(ofCall)
        if (record) records.push(record)
      }
    }
    return records
  }

  /** Every ringing of these telephones (as the facts name them) that began in the period and is over, on any line, oldest first. */
  async ringings(targets: readonly string[], from: number, to: number): Promise<readonly PastRinging[]> {
    const found: PastRinging[] = []
    for (const page of pages(targets)) {
      const rows = await this.db
        .selectFrom('attempts')
        .innerJoin('calls', 'calls.call_id', 'attempts.call_id')
        .select(['attempts.call_id', 'attempts.attempt', 'attempts.candidate', 'attempts.label', 'attempts.pool', 'attempts.target', 'attempts.started_at', 'attempts.started_after_ms', 'attempts.answered_after_ms', 'attempts.accepted_after_ms', 'attempts.ended_after_ms', 'attempts.result', 'calls.line', 'calls.ended_after_ms as call_ended_after_ms'])
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
}

/** The times of a ringing that is over, as `PastRinging` has them. Undefined while it runs. */
export function pastRinging(call: CallRecord, attempt: AttemptRecord): PastRinging | undefined {
  const { candidate, label, pool, target, startedAt, endedAfterMs, result } = attempt
  if (result === undefined || endedAfterMs === undefined) return undefined
  return {
    callId: call.callId,
    attempt: attempt.attempt,
    line: call.line,
    candidate,
    label,
    pool,
    target,
    startedAt,
    answeredAt: later(attempt, attempt.answeredAfterMs),
    acceptedAt: later(attempt, attempt.acceptedAfterMs),
    endedAt: later(attempt, endedAfterMs),
    result,
    callEndedAt: later(attempt, call.endedAfterMs),
  }
}

function later(attempt: Pick<AttemptRecord, 'startedAt' | 'startedAfterMs'>, afterMs: number): number
function later(attempt: Pick<AttemptRecord, 'startedAt' | 'startedAfterMs'>, afterMs: number | undefined): number | undefined
function later({ startedAt, startedAfterMs }: Pick<AttemptRecord, 'startedAt' | 'startedAfterMs'>, afterMs: number | undefined): number | undefined {
  return afterMs === undefined ? undefined : startedAt + afterMs - startedAfterMs
}

function optional(value: number | string | null): number | undefined {
  return value === null ? undefined : Number(value)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function* pages<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += perStatement) yield list.slice(start, start + perStatement)
}
