import type { Insertable } from 'kysely'
import type { CallRecord } from '../facts/call-record.js'
import { listColumnsOf } from './list-columns.js'
import type { AttemptsTable, CallsTable, RecordingsTable } from './schema.js'

export type CallRow = Omit<Insertable<CallsTable>, 'rolled_up' | 'owner'>
export type AttemptRow = Insertable<AttemptsTable>
export type RecordingRow = Insertable<RecordingsTable>

/** The rows of one call in the tables for lists and reports. */
export interface ProjectedCall {
  readonly call: CallRow
  readonly attempts: readonly AttemptRow[]
  readonly recordings: readonly RecordingRow[]
}

/** A call record as rows. Pure: the same record gives the same rows, in the same order of columns. */
export function project(record: CallRecord): ProjectedCall {
  const accepted = record.attempts.find(({ attempt }) => attempt === record.acceptedBy)
  return {
    call: {
      call_id: record.callId,
      kind: record.kind,
      arrived_at: record.arrivedAt,
      caller_number: record.callerNumber,
      dialled_number: record.dialledNumber,
      source: record.source,
      node: record.node === '' ? null : record.node,
      sip_call_id: record.sipCallId ?? null,
      trunk: record.trunk ?? null,
      organisation: record.organisation ?? null,
      line: record.line ?? null,
      answered_at: record.answeredAt ?? null,
      accepted_at: record.acceptedAt ?? null,
      accepted_by: record.acceptedBy ?? null,
      wait_ms: record.waitMs ?? null,
      talk_ms: record.talkMs ?? null,
      refs: record.refs,
      attempts: record.attempts.length,
      outcome: record.outcome?.outcome ?? null,
      outcome_by: record.outcome?.by ?? null,
      outcome_at: record.outcome?.at ?? null,
      ending: record.ending ?? null,
      ending_detail: record.endingDetail ?? null,
      ended_at: record.endedAt ?? null,
      ended_after_ms: whole(record.endedAfterMs),
      line_chosen_after_ms: whole(record.lineChosenAfterMs),
      talk_started_after_ms: whole(record.talkStartedAfterMs),
      clinician: accepted?.clinician ?? null,
      pool: accepted?.pool ?? null,
      assigned: record.assigned ?? null,
      nhs_number: record.nhsNumber ?? null,
      last_seq: record.lastSeq,
      ...listColumnsOf(record),
    },
    attempts: record.attempts.map((attempt, position) => ({
      call_id: record.callId,
      attempt: attempt.attempt,
      position,
      candidate: attempt.candidate,
      label: attempt.label,
      clinician: attempt.clinician ?? null,
      pool: attempt.pool,
      target: attempt.target,
      sip_call_id: attempt.sipCallId ?? null,
      trunk: attempt.trunk ?? null,
      started_at: attempt.startedAt,
      ringing_at: attempt.ringingAt ?? null,
      answered_at: attempt.answeredAt ?? null,
      accepted_at: attempt.acceptedAt ?? null,
      ended_at: attempt.endedAt ?? null,
      started_after_ms: Math.round(attempt.startedAfterMs),
      answered_after_ms: whole(attempt.answeredAfterMs),
      accepted_after_ms: whole(attempt.acceptedAfterMs),
      ended_after_ms: whole(attempt.endedAfterMs),
      result: attempt.result ?? null,
      status: attempt.status ?? null,
      reason: attempt.reason ?? null,
      proof: attempt.proof === undefined ? null : JSON.stringify(attempt.proof),
    })),
    recordings: record.recordings.map((recording) => ({
      recording_id: recording.recordingId,
      call_id: record.callId,
      state: recording.state,
      spool_path: recording.spoolPath,
      started_at: recording.startedAt,
      stopped_at: recording.stoppedAt ?? null,
      ready_at: recording.readyAt ?? null,
      path: recording.path ?? null,
      bytes: recording.bytes ?? null,
      seconds: recording.seconds ?? null,
      sha256: recording.sha256 ?? null,
      why: recording.why ?? null,
    })),
  }
}

function whole(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms)
}

/** The rows of `now` that differ from those of `before`. */
export function changedRows(
  before: ProjectedCall | undefined,
  now: ProjectedCall,
): { readonly attempts: readonly AttemptRow[]; readonly recordings: readonly RecordingRow[] } {
  const differs = <T>(rows: readonly T[], earlier: readonly T[] | undefined) =>
    rows.filter((row, index) => JSON.stringify(row) !== JSON.stringify(earlier?.[index]))
  return { attempts: differs(now.attempts, before?.attempts), recordings: differs(now.recordings, before?.recordings) }
}
