import type { Place } from '../arrangements/starting.js'
import type { Actor } from '../facts/actor.js'
import type { PatientConnectWithPin } from '../arrangements/arranged-calls.js'
import { cancel, find, start, usedUp, type ArrangementParts } from './arrangements.js'
import { clinicianId, dialableNumber, nhsNumber } from './read-input.js'
import { asked, done, readAll, type Result } from './result.js'

/** As people give it. `validMinutes`: how long the PIN is good. */
export interface NewPatientConnect {
  readonly nhsNumber: string
  readonly patientNumber: string
  readonly clinician: string
  readonly validMinutes: number
}

/** What can be done with Patient Connect. */
export function patientConnectOperations(parts: ArrangementParts & { readonly place: Place }) {
  const { arranged, directory } = parts
  return {
    /** Makes a PIN with which a clinician reaches a patient. On disk when it resolves. */
    async make(
      actor: Actor,
      { validMinutes, ...given }: NewPatientConnect,
    ): Promise<Result<PatientConnectWithPin, 'badInput' | 'codesUsedUp' | 'storeUnavailable'>> {
      const request = readAll({
        clinician: clinicianId(directory(), given.clinician),
        nhsNumber: nhsNumber(given.nhsNumber),
        patientNumber: dialableNumber(given.patientNumber, 'patientNumber', (number) => arranged.mayDial(number)),
      })
      if (request.kind === 'refused') return request
      const made = await asked(arranged.makePatientConnect({ ...request.value, validMs: validMinutes * 60_000 }, actor))
      if (made.kind === 'refused') return made
      return made.value.kind === 'usedUp' ? usedUp('PINs') : done(made.value.arrangement)
    },

    find: (id: string) => find(parts, 'patientConnect', id),
    cancel: (actor: Actor, id: string) => cancel(parts, 'patientConnect', actor, id),
    start: (actor: Actor, input: { readonly id: string; readonly clinician?: string | undefined }) =>
      start(parts, 'patientConnect', actor, input),
  }
}

export type PatientConnectOperations = ReturnType<typeof patientConnectOperations>
