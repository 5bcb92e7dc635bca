import type { ArrangementId, ArrangedCall } from '../calls/arrangements.js'
import type { ClinicianId, Directory, LineId, OrganisationId } from '../directory/model.js'
import { patientUnavailable } from '../directory/outcomes.js'
import type { Target } from '../switch/port.js'

/** One call that carried an arrangement out, or tried to. */
export interface Try {
  readonly callId: string
  /** Wall-clock ms. */
  readonly at: number
  /** Who made it, where that was not whom the arrangement names. */
  readonly clinician?: ClinicianId
  /** Somebody was connected to somebody; an answerphone counts. */
  readonly talked: boolean
  /** The latest outcome that was left in, or for, this call. */
  readonly outcome?: string
  readonly ended: boolean
}

/** `staff`: through the API. `patient`: nobody was free for them, and they pressed a key in a call. */
export type MadeBy = { readonly kind: 'staff' } | ByPatient

export interface ByPatient {
  readonly kind: 'patient'
  readonly call: string
  /** Whose telephone it was: E.164 where it can be read, empty when withheld. */
  readonly caller?: string
  /** As whom a caller who withheld it is counted; never shown. */
  readonly account?: string
  /** The number was keyed; it is not the one that they rang from. */
  readonly keyed?: boolean
  /** The same caller had left many different numbers within the hour. */
  readonly suspicious?: true
}

interface Kept {
  readonly id: ArrangementId
  /** Wall-clock ms. */
  readonly madeAt: number
  readonly madeBy: MadeBy
  /** Oldest first. Only the last one can be running. */
  readonly tries: readonly Try[]
  /** By hand. */
  readonly closed?: 'done' | 'cancelled'
  /** When anything last happened to it, wall-clock ms. */
  readonly changedAt: number
}

/** A clinician is to call a patient back. */
export interface CallBack extends Kept {
  readonly kind: 'callBack'
  readonly line: LineId
  /** E.164, or as the telephone told it where that is no number that can be read. */
  readonly patientNumber: string
  readonly nhsNumber?: string
  readonly clinician?: ClinicianId
  /** Wall-clock ms. */
  readonly dueAt: number
  readonly note?: string
  /** It was open, and the patient asked for the same in further calls. Oldest first; wall-clock ms. */
  readonly repeats?: readonly { readonly call: string; readonly at: number }[]
}

/** A clinician is to call a patient: they key the PIN on a Dial-In number of theirs, or have the engine ring them. */
export interface PatientConnect extends Kept {
  readonly kind: 'patientConnect'
  readonly nhsNumber: string
  /** E.164. */
  readonly patientNumber: string
  readonly clinician: ClinicianId
  readonly pin: string
  /** Wall-clock ms. */
  readonly expiresAt: number
}

/** Whoever keys the code on the number is connected to whoever had asked for advice. */
export interface CallBackCode extends Kept {
  readonly kind: 'callBackCode'
  readonly code: string
  /** The only number on which the code is good; E.164 or the bare digits of a private network. */
  readonly number: string
  readonly expiresAt: number
  /** The past call, or the thread outside of here, in which advice was asked for. */
  readonly about: { readonly call: string } | { readonly thread: string }
  /** A clinician is reached on the numbers that the directory has of them when the code is keyed, one after the other. */
  readonly asked: { readonly clinician: ClinicianId } | { readonly target: Target }
  readonly line?: LineId
  readonly organisation?: OrganisationId
}

/** Something that was arranged, as it stands now. */
export type Arrangement = CallBack | PatientConnect | CallBackCode

/**
 * `open` waits for somebody to carry it out. `inProgress`: a call carries it. `done`, `cancelled` and `expired` are settled; a settled one
 * comes back only when the outcome that had settled it is taken back.
 */
export type ArrangementState = 'open' | 'inProgress' | 'done' | 'cancelled' | 'expired'
export const arrangementStates: readonly ArrangementState[] = ['open', 'inProgress', 'done', 'cancelled', 'expired']

/** How it stands at an instant (wall-clock ms). Read off what happened, never stored. */
export function stateOf(arrangement: Arrangement, now: number): ArrangementState {
  if (arrangement.closed !== undefined) return arrangement.closed
  const last = arrangement.tries.at(-1)
  if (last && !last.ended) return 'inProgress'
  switch (arrangement.kind) {
    case 'callBack':
      return settledByOutcome(arrangement) ? 'done' : 'open'
    case 'patientConnect':
      if (settledByOutcome(arrangement)) return 'done'
      // They have spoken, and only the outcome is missing: that does not run out.
      return now >= arrangement.expiresAt && !spokenTo(arrangement) ? 'expired' : 'open'
    case 'callBackCode':
      if (last) return 'done'
      return now >= arrangement.expiresAt ? 'expired' : 'open'
  }
}

export function isSettled(state: ArrangementState): boolean {
  return state === 'done' || state === 'cancelled' || state === 'expired'
}

/** Whether its PIN or code opens anything at the instant. */
export function keysAreGood(arrangement: Arrangement, now: number): boolean {
  if (arrangement.kind === 'callBack' || now >= arrangement.expiresAt || stateOf(arrangement, now) !== 'open') return false
  return arrangement.kind === 'callBackCode' || !spokenTo(arrangement)
}

/** When it is due, or over, wall-clock ms: lists are in this order. */
export function dueAt(arrangement: Arrangement): number {
  return arrangement.kind === 'callBack' ? arrangement.dueAt : arrangement.expiresAt
}

/**
 * What the flows need of it.
 * @param clinician who makes the call, where it is not whom the arrangement names
 * @returns undefined where the directory knows nobody, or no number, that could be called
 */
export function arrangedCall(arrangement: Arrangement, directory: Directory, clinician = clinicianOf(arrangement)): ArrangedCall | undefined {
  const { id, kind } = arrangement
  const who = clinician === undefined ? {} : { clinician }
  switch (kind) {
    case 'callBack':
      return { id, kind, targets: [{ kind: 'number', number: arrangement.patientNumber }], line: arrangement.line, ...who }
    case 'patientConnect':
      return { id, kind, targets: [{ kind: 'number', number: arrangement.patientNumber }], ...who }
    case 'callBackCode': {
      const { asked, line, organisation } = arrangement
      const targets = 'target' in asked ? [asked.target] : (directory.clinicians.get(asked.clinician)?.numbers ?? [])
      if (targets.length === 0) return undefined
      return { id, kind, targets, ...(line === undefined ? {} : { line }), ...(organisation === undefined ? {} : { organisation }) }
    }
  }
}

/** Who is to make the call. */
export function clinicianOf(arrangement: Arrangement): ClinicianId | undefined {
  return arrangement.kind === 'callBackCode' ? undefined : arrangement.clinician
}

function settledByOutcome({ tries }: Kept): boolean {
  return tries.some(({ outcome }) => outcome !== undefined && outcome !== patientUnavailable.id)
}

/** The conversation took place, as far as anybody has said otherwise. */
function spokenTo({ tries }: Kept): boolean {
  return tries.some(({ talked, outcome }) => talked && outcome !== patientUnavailable.id)
}
