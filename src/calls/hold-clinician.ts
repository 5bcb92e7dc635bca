import type { ClinicianId } from '../directory/model.js'
import { readSentNumber } from '../directory/telephone-number.js'
import type { Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'

/**
 * A clinician has rung in: they are not rung for a caller while on the line. Not waited for, and harmless if
 * it fails: at worst they are rung and engaged.
 */
export function holdClinician(call: CallContext, leg: Leg, clinician: ClinicianId, how?: 'takeOver'): void {
  const number = readSentNumber(call.callerNumber)
  const keys = [`clinician:${clinician}`, ...(number.ok ? [`target:${number.number}`] : [])]
  const held = Promise.resolve().then(() => call.reservations.reserve(keys, call.id, how))
  void held.then(
    (result) => {
      if (result.kind === 'taken') return
      result.reservation.onACall()
      void leg.hungUp.then(() => result.reservation.release())
    },
    () => undefined,
  )
}
