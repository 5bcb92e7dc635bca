import type { CallRecord } from '../facts/call-record.js'
import type { AttemptRecord } from '../facts/attempt-record.js'
import type { AttemptResult, CallFact } from '../facts/events.js'

/** A call that a dead engine left open and that cannot continue. */
export interface Left {
  /** The caller's INVITE has come to another engine since, before it was answered, and has a record there. */
  readonly cameAgain: boolean
}

/**
 * The facts that close a call which a dead engine left open: it is unknown how the attempts that ran would have ended, and the
 * conversation lasted at least until the last sign of life. Pure.
 */
export function closingFacts(record: CallRecord, { cameAgain }: Left): readonly CallFact[] {
  if (cameAgain) return [{ type: 'call.ended', ending: 'cameAgain', detail: 'the engine stopped before the answer' }]
  const facts: CallFact[] = []
  for (const attempt of record.attempts) {
    if (attempt.result !== undefined) continue
    facts.push({ type: 'attempt.ended', attempt: attempt.attempt, result: resultOf(record, attempt), reason: 'the engine stopped' })
  }
  if (record.talkStartedAt !== undefined && record.talkEndedAt === undefined)
    facts.push({ type: 'talk.ended', by: 'system', why: 'faulted' })
  for (const recording of record.recordings) {
    if (recording.state === 'running') facts.push({ type: 'recording.stopped', recordingId: recording.recordingId })
  }
  facts.push({ type: 'call.ended', ending: 'interrupted', detail: 'the engine stopped while the call ran, and nobody could go on with it' })
  return facts
}

/** A specialist who had accepted and was not yet connected never spoke to the caller. */
function resultOf({ talkWith }: CallRecord, { attempt, acceptedAt }: AttemptRecord): AttemptResult {
  if (talkWith === attempt) return acceptedAt === undefined ? 'connected' : 'accepted'
  return acceptedAt === undefined ? 'cancelled' : 'failed'
}

/**
 * When an interrupted call was last known to run: its last fact, the engine's last sign of life, or the last sound that the switch
 * wrote into its spool (the media server may have outlived the engine), whichever is latest; never in the future.
 */
export function lastSignOfLife(evidence: {
  readonly lastFactAt: number
  readonly engineAliveAt: number | undefined
  readonly lastSoundAt: number | undefined
  readonly now: number
}): number {
  const latest = Math.max(evidence.lastFactAt, evidence.engineAliveAt ?? 0, evidence.lastSoundAt ?? 0)
  return Math.max(evidence.lastFactAt, Math.min(latest, evidence.now))
}
