import type { HangUp, KeySource, LegEnding } from '../switch/port.js'
import type { ClinicianId, LineId, OrganisationId } from '../directory/model.js'

/**
 * The facts of a call, in the order in which they happened: append-only, and the only truth. The call record, the wallboard, the
 * metrics and the reports are read off these events. `at`: wall-clock ms since the epoch, stamped when the fact was known.
 * Events whose loss would hurt (see `mustBeDurable`) are on disk before the caller hears their consequence.
 */
export type CallEvent = { readonly callId: string; readonly seq: number; readonly at: number } & CallFact

export type CallKind = 'dialIn' | 'line' | 'pifuAnswer' | 'pifuCallBack' | 'patientConnect' | 'callBackCode' | 'bypass'

export type AttemptId = string

/** What became of one ringing. */
export type AttemptResult =
  | 'accepted'
  | 'busy'
  | 'declined'
  | 'unavailable'
  | 'badNumber'
  | 'noAnswer'
  | 'notAccepted'
  | 'answeredThenHungUp'
  | 'failed'
  | 'cancelled'

/** Why a call is over, seen from the call as a whole. Closed; `endings.ts` names for each who ended it and whose fault it was. */
export type CallEnding =
  | 'completed'
  | 'abandonedInMenu'
  | 'abandonedInHunt'
  | 'abandonedBeforeAnswer'
  | 'unanswered'
  | 'noChoice'
  | 'lineClosed'
  | 'noRota'
  | 'notAllowed'
  | 'unknownNumber'
  | 'noCommonCodec'
  | 'engineFault'
  | 'mediaFault'
  | 'interrupted'

/** Proof of acceptance: what was heard, on which leg, when. */
export interface AcceptanceProof {
  readonly heard: { readonly kind: 'key'; readonly key: string; readonly source: KeySource } | { readonly kind: 'word'; readonly word: string; readonly confidence: number }
  readonly legId: string
  readonly heardAt: number
}

export type CallFact =
  | { readonly type: 'call.arrived'; readonly kind: CallKind; readonly callerNumber: string; readonly dialledNumber: string; readonly organisation?: OrganisationId; readonly source: string }
  | { readonly type: 'call.answered'; readonly legId: string }
  | { readonly type: 'menu.offered'; readonly lines: readonly LineId[]; readonly attempt: number }
  | { readonly type: 'menu.keyed'; readonly keys: string; readonly understood: boolean }
  | { readonly type: 'line.chosen'; readonly line: LineId; readonly by: 'only' | 'code' | 'number' }
  | { readonly type: 'line.refused'; readonly line: LineId; readonly why: 'closed' | 'notAllowed' | 'noRota' }
  | { readonly type: 'hunt.started'; readonly pool: 'local' | 'ncn'; readonly candidates: number }
  | { readonly type: 'candidate.passedOver'; readonly candidate: string; readonly why: 'beingRung' | 'onACall' }
  | { readonly type: 'attempt.started'; readonly attempt: AttemptId; readonly candidate: string; readonly label: string; readonly clinician?: ClinicianId; readonly pool: 'local' | 'ncn'; readonly target: string }
  | { readonly type: 'attempt.ringing'; readonly attempt: AttemptId }
  | { readonly type: 'attempt.answered'; readonly attempt: AttemptId; readonly legId: string }
  | { readonly type: 'whisper.started'; readonly attempt: AttemptId; readonly repetition: number }
  | { readonly type: 'whisper.wrongKey'; readonly attempt: AttemptId; readonly key: string }
  | { readonly type: 'attempt.accepted'; readonly attempt: AttemptId; readonly proof: AcceptanceProof }
  | { readonly type: 'attempt.ended'; readonly attempt: AttemptId; readonly result: AttemptResult; readonly status?: number; readonly reason?: string; readonly fault?: 'ours' | 'trunk' | 'farEnd' | 'indeterminate' }
  | { readonly type: 'hunt.ended'; readonly result: 'accepted' | 'nobody' | 'callerGone' | 'timeUp' }
  | { readonly type: 'recording.started'; readonly recordingId: string; readonly spoolPath: string }
  | { readonly type: 'recording.failed'; readonly recordingId?: string; readonly stage: 'start' | 'spool' | 'encode' | 'verify' | 'store'; readonly why: string }
  | { readonly type: 'talk.started'; readonly attempt: AttemptId }
  | { readonly type: 'talk.ended'; readonly by: 'caller' | 'specialist' | 'system'; readonly why: LegEnding | 'unbridged' | 'faulted' }
  | { readonly type: 'recording.stopped'; readonly recordingId: string }
  | { readonly type: 'recording.ready'; readonly recordingId: string; readonly path: string; readonly bytes: number; readonly seconds: number; readonly sha256: string }
  | { readonly type: 'outcome.asked'; readonly of: 'caller' | 'specialist' }
  | { readonly type: 'outcome.left'; readonly outcome: string; readonly by: 'caller' | 'specialist' | 'staff' }
  | { readonly type: 'leg.ended'; readonly legId: string; readonly party: 'caller' | 'specialist'; readonly hangUp: HangUp }
  | { readonly type: 'alarm.raised'; readonly alarm: string; readonly detail: string }
  | { readonly type: 'call.ended'; readonly ending: CallEnding; readonly detail?: string }

export type CallFactType = CallFact['type']

/** Facts that money, safety or law hang on: on disk before anybody hears their consequence. */
export const mustBeDurable: ReadonlySet<CallFactType> = new Set<CallFactType>(['call.arrived', 'attempt.accepted', 'recording.started', 'recording.ready', 'outcome.left', 'call.ended'])

/**
 * Where facts go. `append` never rejects. For the facts that must be durable it resolves with the event once it is on disk (fsync), and with
 * undefined when the store cannot say so in time: the fact is then kept in memory, an alarm is up, and it is written as soon as it can
 * be; whoever hangs a consequence on it has to do without. Other facts resolve at once. Listeners (live board, metrics) are told at once, in order.
 */
export interface EventLog {
  append(callId: string, fact: CallFact): Promise<CallEvent | undefined>
  /** Tells `listener` every event from now on. @returns stops it */
  subscribe(listener: (event: CallEvent) => void): () => void
}
