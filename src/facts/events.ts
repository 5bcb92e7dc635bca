import type { ClinicianId, LineId, OrganisationId } from '../directory/model.js'
import type { DialFault, HangUp, KeySource, LegEnding, NoWords } from '../switch/port.js'
import type { Actor, Origin } from './actor.js'
import type { ArrangementId, Refused } from './arrangement.js'

/**
 * The facts of a call, in the order in which they happened: append-only, and the only truth. The call record, the wallboard, the
 * metrics and the reports are read off these events. `at`: wall-clock ms since the epoch, stamped when the fact was known: an instant.
 * `elapsedMs`: monotonic ms since the call's first fact: durations are differences of it, so that setting the clock makes no call longer.
 * It is missing in facts from before it was kept, and in those that another run of the engine tells of the call. `actor` and `node`: who did it, and
 * which engine wrote it down. Events that must not be lost (see `mustBeDurable`) are on disk before the caller hears their consequence.
 */
export type CallEvent = { readonly callId: string; readonly seq: number; readonly at: number; readonly elapsedMs?: number } & Origin &
  CallFact

/**
 * A party of a call. `caller`: dialled in, or had the engine place the call. `specialist`: is rung by a hunt and has to accept.
 * `called`: is rung because the caller wants to reach exactly them: a patient, a practice, the clinician who had asked for advice.
 */
export type Party = 'caller' | 'specialist' | 'called'

export type CallKind = 'dialIn' | 'line' | 'pifuAnswer' | 'pifuCallBack' | 'patientConnect' | 'callBackCode' | 'bypass'

export type AttemptId = string

/** What became of one ringing. */
export type AttemptResult =
  | 'accepted'
  /** Answered, and connected without being asked to accept: a patient, a practice. */
  | 'connected'
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
  /** Nobody was free, and the patient asked to be called back. */
  | 'callBackRequested'
  /** No valid PIN or code was keyed. */
  | 'wrongCode'
  | 'unknownNumber'
  | 'noCommonCodec'
  | 'engineFault'
  | 'mediaFault'
  /** More calls came than could be answered in time: refused before the answer. */
  | 'overloaded'
  | 'interrupted'
  /** Its engine died before the answer, and the caller's INVITE came to another engine, which has the call: this record is not that call's. */
  | 'cameAgain'

/** Proof of acceptance: what was heard, on which leg, when. */
export interface AcceptanceProof {
  readonly heard:
    | { readonly kind: 'key'; readonly key: string; readonly source: KeySource }
    | { readonly kind: 'word'; readonly word: string; readonly confidence: number }
  readonly legId: string
  readonly heardAt: number
}

/** How the line was chosen: the only one that may be used; its code was keyed; it has the number dialled; or the arrangement names it. */
export type ChosenBy = 'only' | 'code' | 'number' | 'arrangement' | 'press'

/**
 * How a hunt ended. `connected`: answered, where nobody had to accept. `calledOff`: the caller is still there, and chose something else, or
 * could no longer be played to.
 */
export type HuntEnd = 'accepted' | 'connected' | 'nobody' | 'callerGone' | 'calledOff' | 'timeUp'

/** `direct`: not a hunt among specialists; the one telephone (or two) of the person called. */
export type AttemptPool = 'local' | 'ncn' | 'direct'

export type CallFact =
  /** `sipCallId`: value of the Call-ID header, cut to 255 characters. `trunk`: from whose address it came. `callerNumber`: empty when withheld. `callerAccount`: the name under which limits count a caller who withholds it; a keyed hash. `clinician`: the owner of the telephone, which has proved itself. `handle`: by this another engine finds the caller, from the answer on, should this one die before it has written `call.answered`. */
  | {
      readonly type: 'call.arrived'
      readonly kind: CallKind
      readonly callerNumber: string
      readonly callerAccount?: string
      readonly dialledNumber: string
      readonly organisation?: OrganisationId
      readonly device?: string
      readonly clinician?: ClinicianId
      readonly source: string
      readonly sipCallId?: string
      readonly trunk?: string
      readonly handle?: string
    }
  /** The engine itself begins the call, at a person's request: it rings the clinician first. */
  | { readonly type: 'call.placed'; readonly kind: CallKind; readonly arrangement: ArrangementId; readonly clinician: ClinicianId }
  /** A PIN or code was right. The call is of this kind from now on. */
  | {
      readonly type: 'arrangement.taken'
      readonly arrangement: ArrangementId
      readonly kind: CallKind
      readonly organisation?: OrganisationId
    }
  | { readonly type: 'code.refused'; readonly digits: number; readonly why: Refused['kind'] }
  | { readonly type: 'organisation.chosen'; readonly organisation: OrganisationId }
  | { readonly type: 'callBack.requested'; readonly line: LineId; readonly number: string }
  /** `handle`: by this another engine finds the leg, should this one die; absent: it cannot be found again. */
  | { readonly type: 'call.answered'; readonly legId: string; readonly handle?: string }
  /** The engine that carried the call died (`from`: its name), and the engine that writes this continues it: with these legs. */
  | { readonly type: 'call.takenOver'; readonly from: string; readonly legs: readonly string[] }
  /** The media server of a party died, and the party was moved to another one; it heard nothing for `silentMs` (absent: unknown, its engine had died as well), and has another handle from now on. Its recording has ended. */
  | { readonly type: 'leg.moved'; readonly legId: string; readonly party: Party; readonly silentMs?: number; readonly handle?: string }
  | { readonly type: 'menu.offered'; readonly lines: readonly LineId[]; readonly attempt: number }
  | { readonly type: 'menu.keyed'; readonly keys: string; readonly understood: boolean }
  | { readonly type: 'line.chosen'; readonly line: LineId; readonly by: ChosenBy }
  | { readonly type: 'line.refused'; readonly line: LineId; readonly why: 'closed' | 'notAllowed' | 'noRota' }
  | { readonly type: 'hunt.started'; readonly pool: AttemptPool; readonly candidates: number }
  | { readonly type: 'candidate.passedOver'; readonly candidate: string; readonly why: 'beingRung' | 'onACall' | 'notNow' }
  | {
      readonly type: 'attempt.started'
      readonly attempt: AttemptId
      readonly candidate: string
      readonly label: string
      readonly clinician?: ClinicianId
      readonly pool: AttemptPool
      readonly target: string
      readonly account?: string
    }
  /** An INVITE has left; several times where one trunk after the other is tried. `handle`: by this another engine ends the ringing, or finds the party that has answered, should this one die. */
  | {
      readonly type: 'attempt.sent'
      readonly attempt: AttemptId
      readonly sipCallId: string
      readonly trunk?: string
      readonly handle?: string
      readonly srtp?: true
      readonly plainAfter?: string
    }
  | { readonly type: 'attempt.ringing'; readonly attempt: AttemptId }
  | { readonly type: 'attempt.answered'; readonly attempt: AttemptId; readonly legId: string; readonly handle?: string }
  | { readonly type: 'whisper.started'; readonly attempt: AttemptId; readonly repetition: number }
  | { readonly type: 'whisper.wrongKey'; readonly attempt: AttemptId; readonly key: string }
  /** The word was heard once: the specialist is asked to say it again, or to press the key. `confidence`: 0 to 1. */
  | { readonly type: 'whisper.word'; readonly attempt: AttemptId; readonly word: string; readonly confidence: number }
  /** The answering party speaks as voicemail greetings do: from now on only the key counts. */
  | { readonly type: 'whisper.keyOnly'; readonly attempt: AttemptId; readonly why: Exclude<NoWords, 'lost'> }
  | { readonly type: 'attempt.accepted'; readonly attempt: AttemptId; readonly proof: AcceptanceProof }
  | {
      readonly type: 'attempt.ended'
      readonly attempt: AttemptId
      readonly result: AttemptResult
      readonly status?: number
      readonly reason?: string
      readonly fault?: DialFault
    }
  | { readonly type: 'hunt.ended'; readonly result: HuntEnd }
  | { readonly type: 'recording.started'; readonly recordingId: string; readonly spoolPath: string }
  | {
      readonly type: 'recording.failed'
      readonly recordingId?: string
      readonly stage: 'start' | 'spool' | 'encode' | 'verify' | 'store'
      readonly why: string
    }
  | { readonly type: 'talk.started'; readonly attempt: AttemptId }
  /** The two parties whose media server had died hear each other again: for this long they did not. */
  | { readonly type: 'talk.resumed'; readonly apartMs: number }
  | { readonly type: 'talk.ended'; readonly by: Party | 'system'; readonly why: LegEnding | 'unbridged' | 'faulted' }
  | { readonly type: 'recording.stopped'; readonly recordingId: string }
  /** `lostSeconds`: by how much the file is shorter than the recording ran, where that is noticeable (the disk was full, the switch died). */
  | {
      readonly type: 'recording.ready'
      readonly recordingId: string
      readonly path: string
      readonly bytes: number
      readonly seconds: number
      readonly sha256: string
      readonly lostSeconds?: number
    }
  /** Its file and its key are gone, or are about to be. `certificate`: of the deletion (src/retention). `rule`: the rule that deleted it, in words. Its size and hash stay. */
  | { readonly type: 'recording.deleted'; readonly recordingId: string; readonly certificate: string; readonly rule: string }
  | { readonly type: 'outcome.asked'; readonly of: Party }
  | { readonly type: 'outcome.left'; readonly outcome: string; readonly by: Party | 'staff' }
  /** Whose call from a Dial-In number it was, as entered by staff; absent: assigned to no person any more. */
  | { readonly type: 'call.assigned'; readonly clinician?: ClinicianId }
  /** Of the patient whom the call was about, as entered by staff: ten digits, checked; absent: removed. */
  | { readonly type: 'nhsNumber.left'; readonly nhsNumber?: string }
  /** A party of the conversation came back on another leg: their browser had reloaded its page. `before`: the leg that this one replaces, which is released. */
  | { readonly type: 'leg.returned'; readonly legId: string; readonly before: string; readonly party: Party; readonly handle?: string }
  | { readonly type: 'leg.ended'; readonly legId: string; readonly party: Party; readonly hangUp: HangUp }
  | { readonly type: 'alarm.raised'; readonly alarm: string; readonly detail: string }
  | { readonly type: 'call.ended'; readonly ending: CallEnding; readonly detail?: string }

export type CallFactType = CallFact['type']

/** Facts on which money, safety, law or a party on the line depend: they are written at once, and code that has to wait for the disk learns when they are there. */
export const mustBeDurable: ReadonlySet<CallFactType> = new Set<CallFactType>([
  'call.arrived',
  // Until these are kept, another engine finds a connected party only by an earlier handle, and has to move it to another media server.
  'call.answered',
  'attempt.sent',
  'attempt.answered',
  'call.placed',
  'attempt.accepted',
  'callBack.requested',
  'recording.started',
  'recording.ready',
  'recording.deleted',
  'outcome.left',
  'call.assigned',
  'nhsNumber.left',
  'call.ended',
])

/**
 * Where facts go. `actor`: who did it; where it is left out, the engine. `append` never rejects. For the facts that must be durable it resolves with the event once it is on disk (fsync), and with
 * undefined when the store cannot say so in time: the fact is then kept in memory, an alarm is up, and it is written as soon as it can
 * be; a consequence that depends on it must not happen. Other facts resolve at once. Listeners (live board, metrics) are told at once, in order.
 */
export interface EventLog {
  append(callId: string, fact: CallFact, actor?: Actor): Promise<CallEvent | undefined>
  /** Tells `listener` every event from now on. @returns stops it */
  subscribe(listener: (event: CallEvent) => void): () => void
}
