import type { CallRecord } from '../facts/call-record.js'
import type { AttemptRecord } from '../facts/attempt-record.js'
import type { AttemptPool, AttemptResult } from '../facts/events.js'

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

/** A time of an attempt, by what the monotonic clock measured since it began. */
export function later(attempt: Pick<AttemptRecord, 'startedAt' | 'startedAfterMs'>, afterMs: number): number
export function later(attempt: Pick<AttemptRecord, 'startedAt' | 'startedAfterMs'>, afterMs: number | undefined): number | undefined
export function later(
  { startedAt, startedAfterMs }: Pick<AttemptRecord, 'startedAt' | 'startedAfterMs'>,
  afterMs: number | undefined,
): number | undefined {
  return afterMs === undefined ? undefined : startedAt + afterMs - startedAfterMs
}
