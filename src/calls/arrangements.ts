import type { ClinicianId, LineId, OrganisationId } from '../directory/model.js'
import type { ArrangementId, ArrangementKind, Refused } from '../facts/arrangement.js'
import type { Target } from '../switch/port.js'

/** A call that was arranged beforehand, as the flows need to know it. */
export interface ArrangedCall {
  readonly id: ArrangementId
  readonly kind: ArrangementKind
  /** Who is called in the end, on which telephones, in this order: the patient, or the clinician who had asked for advice. At least one. */
  readonly targets: readonly Target[]
  /** The line that it belongs to: its words, outcomes and account. */
  readonly line?: LineId
  /** The organisation of whoever asked for advice. */
  readonly organisation?: OrganisationId
  /** Who makes the call. Undefined for a code: whoever has it. */
  readonly clinician?: ClinicianId
}

/** Where keys were entered, and by whom as far as the telephone tells. */
export interface KeyedAt {
  readonly callId: string
  readonly callerNumber: string
  /** As whom a caller who withholds their number is counted; absent where nobody asserts who they are. */
  readonly callerAccount?: string
  readonly dialledNumber: string
  /** The organisation whose Dial-In number was dialled. */
  readonly organisation?: OrganisationId
}

export type Redeemed = { readonly kind: 'granted'; readonly arranged: ArrangedCall } | Refused

/** The PINs and codes of arranged calls. */
export interface Arrangements {
  /**
   * Takes a PIN (Patient Connect, 6 digits) or a call-back code (4 digits). Granted to one call only, and only when that is on disk.
   * Rejects when the disk cannot say so.
   * @param signal aborts when nobody waits for the answer any more; nothing is granted then
   */
  redeem(keys: string, where: KeyedAt, signal: AbortSignal): Promise<Redeemed>
  /**
   * A guess at another code of the house (a practice's), charged and limited like a guess at a PIN.
   * @param isRight asked only when the guess may be looked at
   */
  guess(where: KeyedAt, isRight: () => boolean): { readonly kind: 'right' } | Refused
}

/** Nothing was arranged. */
export const nothingArranged: Arrangements = {
  redeem: () => Promise.resolve({ kind: 'wrong', waitMs: 0 }),
  guess: (_where, isRight) => (isRight() ? { kind: 'right' } : { kind: 'wrong', waitMs: 0 }),
}
