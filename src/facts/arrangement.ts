import type { ClinicianId, LineId, OrganisationId } from '../directory/model.js'
import type { Target } from '../switch/port.js'

export type ArrangementId = string

/**
 * `callBack`: a clinician calls a patient back (PIFU option 2, or a patient's own request). `patientConnect`: a clinician calls a patient.
 * `callBackCode`: the caller who keys the code is connected to the clinician who had asked for advice.
 */
export type ArrangementKind = 'callBack' | 'patientConnect' | 'callBackCode'

/** Why a PIN or a code was not granted. */
export type Refused =
  /** Checked: no arrangement has these keys here and now. The next guess is checked after `waitMs`. */
  | { readonly kind: 'wrong'; readonly waitMs: number }
  /** As `wrong`, and it was one too many: from now on no guess is checked, right or wrong. */
  | { readonly kind: 'wrongAndLocked' }
  /** Not checked, and not counted: it came before the caller's waiting time was over. */
  | { readonly kind: 'tooSoon'; readonly waitMs: number }
  /** Not checked: there were too many wrong guesses from this caller or on this number. */
  | { readonly kind: 'locked' }

/** One call that carried an arrangement out, or tried to. */
export interface Try {
  readonly callId: string
  /** Wall-clock ms. */
  readonly at: number
  /** Who made the call, where that was not the person whom the arrangement names. */
  readonly clinician?: ClinicianId
  /** Two parties were connected; an answerphone counts. */
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
  /** The account by which a caller who withheld it is counted; never shown. */
  readonly account?: string
  /** The number was keyed; it is not the one that they rang from. */
  readonly keyed?: boolean
  /** The same caller had left many different numbers within the hour. */
  readonly suspicious?: true
}

/** What every kind of arrangement has. */
export interface Kept {
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
  /** E.164, or as the telephone sent it where that cannot be read as a number. */
  readonly patientNumber: string
  readonly nhsNumber?: string
  readonly clinician?: ClinicianId
  /** Wall-clock ms. */
  readonly dueAt: number
  readonly note?: string
  /** It was open, and the patient asked for the same in further calls. Oldest first; wall-clock ms. */
  readonly repeats?: readonly { readonly call: string; readonly at: number }[]
}

/** What is kept of a PIN or a code: a keyed hash. `plain`: in entries from before there were hashes. */
export type KeptSecret = { readonly hash: string } | { readonly plain: string }

/** A clinician is to call a patient: they key the PIN on a Dial-In number of theirs, or have the engine ring them. */
export interface PatientConnect extends Kept {
  readonly kind: 'patientConnect'
  readonly nhsNumber: string
  /** E.164. */
  readonly patientNumber: string
  readonly clinician: ClinicianId
  readonly pin: KeptSecret
  /** Wall-clock ms. */
  readonly expiresAt: number
}

/** The caller who keys the code on the number is connected to the clinician who had asked for advice. */
export interface CallBackCode extends Kept {
  readonly kind: 'callBackCode'
  readonly code: KeptSecret
  /** The only number on which the code is good; E.164 or the bare digits of a private network. */
  readonly number: string
  readonly expiresAt: number
  /** The past call, or the thread in another system, in which advice was asked for. */
  readonly about: { readonly call: string } | { readonly thread: string }
  /** A clinician is reached on the numbers that the directory has of them when the code is keyed, one after the other. */
  readonly asked: { readonly clinician: ClinicianId } | { readonly target: Target }
  readonly line?: LineId
  readonly organisation?: OrganisationId
}

/** Something that was arranged, as it stands now. */
export type Arrangement = CallBack | PatientConnect | CallBackCode
