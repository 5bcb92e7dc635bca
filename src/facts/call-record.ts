import type { ClinicianId, LineId, OrganisationId } from '../directory/model.js'
import type { ArrangementId } from './arrangement.js'
import { attemptEnded, attemptStarted, attemptsWith, refsOf, type AttemptRecord } from './attempt-record.js'
import { clockSetSince } from './call-time.js'
import { changed } from './changed.js'
import type { AttemptId, CallEnding, CallEvent, CallKind, Party } from './events.js'
import { recordingsWith, type RecordingRecord } from './recording-record.js'

/**
 * What is known of one call: the row of the calls report, with its attempts as children. Read off the call's events alone;
 * durations to the millisecond.
 */
export interface CallRecord {
  readonly callId: string
  readonly kind: CallKind
  readonly arrivedAt: number
  /** The engine that took the call; empty where that is no longer known. */
  readonly node: string
  readonly callerNumber: string
  readonly dialledNumber: string
  readonly source: string
  /** Of the caller's own INVITE. */
  readonly sipCallId?: string
  /** From whose address the call came. */
  readonly trunk?: string
  readonly organisation?: OrganisationId
  /** User of the telephone that proved itself by digest. */
  readonly device?: string
  /** The arrangement that this call carries out. */
  readonly arrangement?: ArrangementId
  /** The organisation to which the caller wanted to be put through; the attempts say whether they were. */
  readonly reached?: OrganisationId
  readonly line?: LineId
  readonly answeredAt?: number
  readonly lineChosenAt?: number
  readonly lineChosenAfterMs?: number
  readonly huntEndedAt?: number
  readonly huntEndedAfterMs?: number
  readonly acceptedAt?: number
  /** The attempt that was accepted. An acceptance that led to no talk does not count: it stays in the facts alone. */
  readonly acceptedBy?: AttemptId
  readonly talkStartedAt?: number
  readonly talkStartedAfterMs?: number
  /** The attempt whose leg talked. Not always the accepted one: a clinician accepts, and then the patient is rung. */
  readonly talkWith?: AttemptId
  readonly talkEndedAt?: number
  readonly talkEndedBy?: Party | 'system'
  /** From the choice of the line to acceptance. Undefined when nobody accepted. */
  readonly waitMs?: number
  /**
   * From acceptance (where nobody had to accept: from the connection) to the end of the conversation. Undefined while it lasts, and when
   * there was none.
   */
  readonly talkMs?: number
  /** How many specialists were tried: a person rung twice counts once. */
  readonly refs: number
  /** Attempts before the caller left the line that was being rung: they do not count. */
  readonly calledOff?: number
  readonly attempts: readonly AttemptRecord[]
  readonly recordings: readonly RecordingRecord[]
  /** The latest one left; the events keep the earlier ones. */
  readonly outcome?: { readonly outcome: string; readonly by: Party | 'staff'; readonly at: number }
  /** Who made a call from a Dial-In number, as entered by staff. */
  readonly assigned?: ClinicianId
  /** Of the patient whom the call was about, as entered by staff. */
  readonly nhsNumber?: string
  /** The number on which a patient asked to be called back. */
  readonly callBackRequested?: string
  readonly alarms: readonly { readonly alarm: string; readonly detail: string; readonly at: number }[]
  /** Engines that went on with the call when the one before them had died, by name. */
  readonly takenOver?: readonly { readonly by: string; readonly at: number }[]
  /** Parties that were moved when their media server died: for how long they heard nothing. */
  readonly moved?: readonly { readonly party: Party; readonly at: number; readonly silentMs?: number }[]
  /** For how long the talking parties did not hear each other, because a media server died. */
  readonly apartMs?: number
  readonly endedAt?: number
  readonly endedAfterMs?: number
  /** Undefined while the call runs. */
  readonly ending?: CallEnding
  readonly endingDetail?: string
  /** How far the machine's clock was set while the call ran; undefined where it was not. */
  readonly clockSetMs?: number
  /** `seq` of the last event in this record. */
  readonly lastSeq: number
}

/** The record of one call from its events, in order. Undefined for no events. */
export function callRecord(events: Iterable<CallEvent>): CallRecord | undefined {
  let record: CallRecord | undefined
  for (const event of events) record = withEvent(record, event)
  return record
}

/** The record after one more event. A pure step, so that the store, the reports and the tests fold alike. */
export function withEvent(before: CallRecord | undefined, event: CallEvent): CallRecord {
  const record = { ...(before ?? blank(event)), lastSeq: event.seq, ...clockOf(before, event) }
  const afterMs = afterMsOf(record, event)
  switch (event.type) {
    case 'call.arrived':
      return {
        ...record,
        kind: event.kind,
        arrivedAt: event.at,
        callerNumber: event.callerNumber,
        dialledNumber: event.dialledNumber,
        source: event.source,
        ...(event.organisation === undefined ? {} : { organisation: event.organisation }),
        ...(event.device === undefined ? {} : { device: event.device }),
        ...(event.clinician === undefined ? {} : { assigned: event.clinician }),
        ...(event.sipCallId === undefined ? {} : { sipCallId: event.sipCallId }),
        ...(event.trunk === undefined ? {} : { trunk: event.trunk }),
      }
    case 'call.placed':
      return { ...record, kind: event.kind, arrivedAt: event.at, arrangement: event.arrangement, source: 'engine' }
    case 'arrangement.taken':
      return {
        ...offTheLine(record),
        kind: event.kind,
        arrangement: event.arrangement,
        ...(event.organisation === undefined ? {} : { organisation: event.organisation }),
      }
    case 'organisation.chosen':
      return { ...offTheLine(record), kind: 'bypass', reached: event.organisation }
    case 'callBack.requested':
      return { ...record, callBackRequested: event.number }
    case 'call.answered':
      return { ...record, answeredAt: event.at }
    case 'line.chosen':
      // In a clinician's own call a hunt for the clinician came first: the hunt for this line has no end yet.
      return {
        ...record,
        huntEndedAt: undefined,
        huntEndedAfterMs: undefined,
        line: event.line,
        lineChosenAt: event.at,
        lineChosenAfterMs: afterMs,
      }
    case 'line.refused':
      return { ...record, line: record.line ?? event.line }
    case 'attempt.started': {
      const attempts = [...record.attempts, attemptStarted(event, afterMs)]
      return { ...record, attempts, refs: refsOf(attempts.slice(record.calledOff ?? 0)) }
    }
    case 'attempt.sent':
      return withAttempt(record, event.attempt, () => ({ sipCallId: event.sipCallId, trunk: event.trunk }))
    case 'attempt.ringing':
      return withAttempt(record, event.attempt, () => ({ ringingAt: event.at }))
    case 'attempt.answered':
      return withAttempt(record, event.attempt, () => ({ answeredAt: event.at, answeredAfterMs: afterMs }))
    case 'whisper.started':
      return withAttempt(record, event.attempt, (attempt) => ({ whispers: attempt.whispers + 1 }))
    case 'whisper.wrongKey':
      return withAttempt(record, event.attempt, (attempt) => ({ wrongKeys: attempt.wrongKeys + 1 }))
    case 'whisper.word':
    case 'whisper.keyOnly':
      return record
    case 'attempt.accepted':
      return withAcceptance(
        withAttempt(record, event.attempt, () => ({
          acceptedAt: event.proof.heardAt,
          acceptedAfterMs: acceptedAfterMs(record, event),
          proof: event.proof,
        })),
      )
    case 'attempt.ended':
      return withAcceptance(withAttempt(record, event.attempt, () => attemptEnded(event, afterMs)))
    case 'hunt.ended':
      return { ...record, huntEndedAt: event.at, huntEndedAfterMs: afterMs }
    case 'talk.started':
      return { ...record, talkStartedAt: event.at, talkStartedAfterMs: afterMs, talkWith: event.attempt }
    case 'talk.ended': {
      const from = record.attempts.find(({ attempt }) => attempt === record.talkWith)?.acceptedAfterMs ?? record.talkStartedAfterMs
      return {
        ...record,
        talkEndedAt: event.at,
        talkEndedBy: event.by,
        ...(from === undefined ? {} : { talkMs: Math.max(0, afterMs - from) }),
      }
    }
    case 'recording.started':
    case 'recording.stopped':
    case 'recording.ready':
    case 'recording.deleted':
    case 'recording.failed':
      return { ...record, recordings: recordingsWith(record.recordings, event) }
    case 'outcome.left':
      return { ...record, outcome: { outcome: event.outcome, by: event.by, at: event.at } }
    case 'call.assigned':
      return changed(record, { assigned: event.clinician })
    case 'nhsNumber.left':
      return changed(record, { nhsNumber: event.nhsNumber })
    case 'alarm.raised':
      return { ...record, alarms: [...record.alarms, { alarm: event.alarm, detail: event.detail, at: event.at }] }
    case 'call.ended':
      return {
        ...record,
        endedAt: event.at,
        endedAfterMs: afterMs,
        ending: event.ending,
        ...(event.detail === undefined ? {} : { endingDetail: event.detail }),
      }
    case 'call.takenOver':
      return { ...record, takenOver: [...(record.takenOver ?? []), { by: event.node, at: event.at }] }
    case 'leg.moved': {
      const { party, at, silentMs } = event
      return { ...record, moved: [...(record.moved ?? []), { party, at, ...(silentMs === undefined ? {} : { silentMs }) }] }
    }
    case 'talk.resumed':
      return { ...record, apartMs: (record.apartMs ?? 0) + event.apartMs }
    case 'menu.offered':
    case 'menu.keyed':
    case 'code.refused':
    case 'hunt.started':
    case 'candidate.passedOver':
    case 'outcome.asked':
    case 'leg.returned':
    case 'leg.ended':
      return record
  }
}

/** The caller left the line that was being rung for them (`*`): its figures must not count this call. */
function offTheLine(record: CallRecord): CallRecord {
  const { line, lineChosenAt, lineChosenAfterMs, huntEndedAt, huntEndedAfterMs, ...rest } = record
  return { ...rest, refs: 0, ...(record.attempts.length === 0 ? {} : { calledOff: record.attempts.length }) }
}

/** A call whose first fact is not its arrival (it was lost) still has a record. */
function blank(event: CallEvent): CallRecord {
  return {
    callId: event.callId,
    kind: 'dialIn',
    arrivedAt: event.at,
    node: event.node,
    callerNumber: '',
    dialledNumber: '',
    source: '',
    refs: 0,
    attempts: [],
    recordings: [],
    alarms: [],
    lastSeq: event.seq,
  }
}

/** Ms after the call's first fact. Without the monotonic time it is read off the wall clock, as far as that is known to have been set. */
function afterMsOf({ arrivedAt, clockSetMs = 0 }: CallRecord, event: CallEvent): number {
  if (event.type === 'call.arrived' || event.type === 'call.placed') return event.elapsedMs ?? 0
  return event.elapsedMs ?? event.at - clockSetMs - arrivedAt
}

function clockOf(before: CallRecord | undefined, event: CallEvent): Pick<CallRecord, 'clockSetMs'> {
  const set = before && clockSetSince(before.arrivedAt, event)
  // Facts after a call may come years later: what the clock did meanwhile says nothing about the call.
  if (set === undefined || before?.ending !== undefined || set === (before?.clockSetMs ?? 0)) return {}
  return { clockSetMs: set }
}

/** When the key (or word) was heard. Without the monotonic time of the fact it is read off the wall clock. */
function acceptedAfterMs(record: CallRecord, event: Extract<CallEvent, { type: 'attempt.accepted' }>): number {
  return event.elapsedMs ?? event.proof.heardAt - (record.clockSetMs ?? 0) - record.arrivedAt
}

/** Who has accepted as things stand, and after what wait: the latest acceptance that still counts. */
function withAcceptance(record: CallRecord): CallRecord {
  const { acceptedAt: _at, acceptedBy: _by, waitMs: _waitMs, ...rest } = record
  const standing = record.attempts.findLast(({ acceptedAt }) => acceptedAt !== undefined)
  if (standing?.acceptedAt === undefined) return rest
  const waitMs =
    standing.acceptedAfterMs === undefined || record.lineChosenAfterMs === undefined
      ? {}
      : { waitMs: Math.max(0, standing.acceptedAfterMs - record.lineChosenAfterMs) }
  return { ...rest, acceptedAt: standing.acceptedAt, acceptedBy: standing.attempt, ...waitMs }
}

function withAttempt(record: CallRecord, id: AttemptId, change: Parameters<typeof attemptsWith>[2]): CallRecord {
  return { ...record, attempts: attemptsWith(record.attempts, id, change) }
}
