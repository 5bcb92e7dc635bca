import type { ClinicianId, LineId, OrganisationId } from '../directory/model.js'
import type { ArrangementId, ArrangementKind, Refused } from '../facts/arrangement.js'
import type { Target } from '../switch/port.js'

/** An arranged call, as the flows need to know it. */
export interface ArrangedCall {
  readonly id: ArrangementId
  readonly kind: ArrangementKind
  /** The telephones of the called party, in this order: the patient, or the clinician who asked for advice. At least one. */
  readonly targets: readonly Target[]
  /** The line that it belongs to: its words, outcomes and account. */
  readonly line?: LineId
  /** The organisation of the clinician who asked for advice. */
  readonly organisation?: OrganisationId
  /** Who makes the call. Undefined for a code: any caller who has it. */
  readonly clinician?: ClinicianId
}

/** Where keys were entered, and by whom, if the telephone tells. */
export interface KeyedAt {
  readonly callId: string
  readonly callerNumber: string
  /** The identity under which a caller who withholds their number is counted; absent if nobody asserts one. */
  readonly callerAccount?: string
  readonly dialledNumber: string
  /** The organisation whose Dial-In number was dialled. */
  readonly organisation?: OrganisationId
}

export type Redeemed = { readonly kind: 'granted'; readonly arranged: ArrangedCall } | Refused

/** The PINs and codes of arranged calls. */
export interface Arrangements {
  /**
   * Takes a PIN (Patient Connect, 6 digits) or a call-back code (4 digits). Granted to one call only, and only once that is on disk.
   * Rejects if the disk cannot confirm it.
   * @param signal aborts once nobody waits for the answer; nothing is granted then
   */
  redeem(keys: string, where: KeyedAt, signal: AbortSignal): Promise<Redeemed>
  /**
   * A guess at another kind of code (a practice's), charged and limited like a guess at a PIN.
   * @param isRight asked only when the guess may be looked at
   */
  guess(where: KeyedAt, isRight: () => boolean): { readonly kind: 'right' } | Refused
}

/** Nothing was arranged. */
export const nothingArranged: Arrangements = {
  redeem: () => Promise.resolve({ kind: 'wrong', waitMs: 0 }),
  guess: (_where, isRight) => (isRight() ? { kind: 'right' } : { kind: 'wrong', waitMs: 0 }),
}
