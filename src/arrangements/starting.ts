import type { ArrangedCall } from '../calls/arrangements.js'
import type { Clock } from '../clock/clock.js'
import type { ClinicianId, Directory } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import type { ArrangementId } from '../facts/arrangement.js'
import { arrangedCall, clinicianOf, stateOf, type ArrangementState } from './arrangement.js'
import type { Diary } from './diary.js'

/** Begins the call (`Desk.place`): the engine rings the clinician and, after their acceptance, the patient. `actor`: who asked for it. */
export type Place = (
  arranged: ArrangedCall,
  actor?: Actor,
) => { readonly kind: 'placed'; readonly callId: string } | { readonly kind: 'refused'; readonly why: 'closingDown' | 'cannotKeep' }

export type Started =
  | { readonly kind: 'started'; readonly callId: string }
  | { readonly kind: 'notFound' }
  /** Another start won, or it is settled. */
  | { readonly kind: 'notOpen'; readonly state: ArrangementState }
  /** No clinician is named, or none with a number in the directory. */
  | { readonly kind: 'noClinician'; readonly clinician: ClinicianId | undefined }
  | { readonly kind: 'notDialable'; readonly number: string }
  | { readonly kind: 'closingDown' }
  /** The store cannot write: an acceptance could not be stored. */
  | { readonly kind: 'cannotKeep' }

export interface StartingOptions {
  readonly diary: Diary
  readonly clock: Clock
  readonly directory: () => Directory
  /** Whether this number (E.164) may be dialled. */
  readonly mayDial: (number: string) => boolean
}

/** Starts the call of an arrangement, once: of two starts at the same time one wins. A code is started by the caller who keys it, not here. */
export function start(
  { diary, clock, directory, mayDial }: StartingOptions,
  id: ArrangementId,
  place: Place,
  clinician?: ClinicianId,
): Promise<Started> {
  return diary.inTurn(id, async () => {
    const arrangement = diary.get(id)
    if (!arrangement) {
      const settled = await diary.find(id)
      return settled ? { kind: 'notOpen', state: stateOf(settled, clock.now()) } : { kind: 'notFound' }
    }
    const state = stateOf(arrangement, clock.now())
    if (state !== 'open' || arrangement.kind === 'callBackCode') return { kind: 'notOpen', state }
    const who = clinician ?? clinicianOf(arrangement)
    if (who === undefined || (directory().clinicians.get(who)?.numbers.length ?? 0) === 0) return { kind: 'noClinician', clinician: who }
    // A patient's own request has the number as signalled; the ranges may have changed since.
    if (!mayDial(arrangement.patientNumber)) return { kind: 'notDialable', number: arrangement.patientNumber }
    const arranged = arrangedCall(arrangement, directory(), who)
    if (!arranged) return { kind: 'noClinician', clinician: who }
    const placed = place(arranged)
    if (placed.kind === 'refused') return { kind: placed.why }
    diary.expect(placed.callId, id)
    await diary.note(id, { type: 'begun', callId: placed.callId, clinician: who })
    return { kind: 'started', callId: placed.callId }
  })
}
