import type { ClinicianId } from '../directory/model.js'
import { readSentNumber } from '../directory/telephone-number.js'
import type { Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'

/**
 * A clinician has rung us themselves: as long as they are on the line nobody rings them for a caller. Not waited for, and no matter when
 * it fails: at worst they are rung, and are engaged.
 */
export function holdClinician(call: CallContext, leg: Leg, clinician: ClinicianId, how?: 'takeOver'): void {
  const number = readSentNumber(call.callerNumber)
  const keys = [`clinician:${clinician}`, ...(number.ok ? [`target:${number.number}`] : [])]
  const held = Promise.resolve().then(() => call.reservations.reserve(keys, call.id, how))
  void held.then(
    (result) => {
      if (result.kind !== 'reserved') return
      result.reservation.onACall()
      void leg.hungUp.then(() => result.reservation.release())
    },
    () => undefined,
  )
}
