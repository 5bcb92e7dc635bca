import type { ClinicianId } from '../directory/model.js'
import type { DialFault } from '../switch/port.js'
import { changed, type Change } from './changed.js'
import type { AcceptanceProof, AttemptId, AttemptPool, AttemptResult, CallEvent } from './events.js'

/** One ringing of one phone. `...At`: wall-clock ms. `...AfterMs`: monotonic ms after the call's first fact; durations are differences of these. */
export interface AttemptRecord {
  readonly attempt: AttemptId
  /** Identity of the person or phone that was rung; may contain a number. */
  readonly candidate: string
  readonly label: string
  readonly clinician?: ClinicianId
  readonly pool: AttemptPool
  readonly target: string
  /** Call-ID of the last INVITE that was sent, and the trunk that was to carry it. */
  readonly sipCallId?: string
  readonly trunk?: string
  readonly startedAt: number
  readonly startedAfterMs: number
  readonly ringingAt?: number
  readonly answeredAt?: number
  readonly answeredAfterMs?: number
  readonly whispers: number
  readonly wrongKeys: number
  /** They accepted. Missing where no talk followed: they or the caller hung up, or the two could not be connected. */
  readonly acceptedAt?: number
  readonly acceptedAfterMs?: number
  readonly proof?: AcceptanceProof
  readonly endedAt?: number
  readonly endedAfterMs?: number
  /** Undefined while it runs. */
  readonly result?: AttemptResult
  readonly status?: number
  readonly reason?: string
  /** On whose side it failed. */
  readonly fault?: DialFault
}

/** The attempt just before the telephone rings. */
export function attemptStarted(event: Extract<CallEvent, { type: 'attempt.started' }>, afterMs: number): AttemptRecord {
  return {
    attempt: event.attempt,
    candidate: event.candidate,
    label: event.label,
    ...(event.clinician === undefined ? {} : { clinician: event.clinician }),
    pool: event.pool,
    target: event.target,
    startedAt: event.at,
    startedAfterMs: afterMs,
    whispers: 0,
    wrongKeys: 0,
  }
}

/** How it ended. An acceptance without a talk after it does not count. */
export function attemptEnded(event: Extract<CallEvent, { type: 'attempt.ended' }>, afterMs: number): Change<AttemptRecord> {
  return {
    ...(event.result === 'accepted' ? {} : { acceptedAt: undefined, acceptedAfterMs: undefined, proof: undefined }),
    endedAt: event.at,
    endedAfterMs: afterMs,
    result: event.result,
    ...(event.status === undefined ? {} : { status: event.status }),
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(event.fault === undefined ? {} : { fault: event.fault }),
  }
}

/** How many specialists were tried: a person rung twice counts once, a telephone that was dialled directly not at all. */
export function refsOf(attempts: readonly AttemptRecord[]): number {
  return new Set(attempts.filter(({ pool }) => pool !== 'direct').map(({ candidate }) => candidate)).size
}

/** The attempts after a change to one of them. */
export function attemptsWith(
  attempts: readonly AttemptRecord[],
  id: AttemptId,
  change: (attempt: AttemptRecord) => Change<AttemptRecord>,
): readonly AttemptRecord[] {
  return attempts.map((attempt) => (attempt.attempt === id ? changed(attempt, change(attempt)) : attempt))
}
