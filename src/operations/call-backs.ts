import type { Place } from '../arrangements/starting.js'
import type { Actor } from '../facts/actor.js'
import type { CallBackChange } from '../facts/arrangement-steps.js'
import type { CallBack } from '../facts/arrangement.js'
import { cancel, changed, find, start, type ArrangementParts } from './arrangements.js'
import { clinicianId, dialableNumber, dueTime, nhsNumber, patientsLine } from './read-input.js'
import { asked, done, readAll, type Result } from './result.js'

/** As people enter it: a patients' line, numbers in any form, an instant with its offset. */
export interface NewCallBack {
  readonly line: string
  readonly patientNumber: string
  readonly nhsNumber?: string
  readonly clinician?: string
  readonly dueAt: string
  readonly note?: string
}

/** Only named fields change; `null` removes one. */
export interface CallBackEdit {
  readonly patientNumber?: string
  readonly nhsNumber?: string | null
  readonly clinician?: string | null
  readonly dueAt?: string
  readonly note?: string | null
  /** Closes it, in one write with the changes. */
  readonly state?: 'done'
}

/** What can be done with call-backs. */
export function callBackOperations(parts: ArrangementParts & { readonly place: Place; readonly now: () => number }) {
  const { arranged, directory, now } = parts
  const mayDial = (number: string) => arranged.mayDial(number)

  return {
    /** On disk when it resolves. Rings nobody. */
    async make(
      actor: Actor,
      { line, patientNumber, nhsNumber: nhs, clinician, dueAt, note }: NewCallBack,
    ): Promise<Result<CallBack, 'badInput' | 'storeUnavailable'>> {
      const request = readAll({
        line: patientsLine(directory(), line),
        patientNumber: dialableNumber(patientNumber, 'patientNumber', mayDial),
        dueAt: dueTime(dueAt, now()),
        nhsNumber: nhs === undefined ? undefined : nhsNumber(nhs),
        clinician: clinician === undefined ? undefined : clinicianId(directory(), clinician),
        note: note === undefined ? undefined : done(note),
      })
      return request.kind === 'refused' ? request : asked(arranged.makeCallBack(request.value, actor))
    },

    find: (id: string) => find(parts, 'callBack', id),

    /** Changes an open one, or closes it by hand. */
    async change(
      actor: Actor,
      id: string,
      { state, ...edit }: CallBackEdit,
    ): Promise<Result<CallBack, 'badInput' | 'arrangementNotFound' | 'notOpen' | 'storeUnavailable'>> {
      const known = await find(parts, 'callBack', id)
      if (known.kind === 'refused') return known
      const change = read(edit)
      if (change.kind === 'refused') return change
      const result = await changed(
        state === undefined ? arranged.change(id, change.value, actor) : arranged.settle(id, state, change.value, actor),
        id,
      )
      // It keeps its kind.
      return result as Result<CallBack, 'arrangementNotFound' | 'notOpen' | 'storeUnavailable'>
    },

    cancel: (actor: Actor, id: string) => cancel(parts, 'callBack', actor, id),

    start: (actor: Actor, input: { readonly id: string; readonly clinician?: string | undefined }) =>
      start(parts, 'callBack', actor, input),
  }

  function read({
    patientNumber,
    nhsNumber: nhs,
    clinician,
    dueAt,
    note,
  }: Omit<CallBackEdit, 'state'>): Result<CallBackChange, 'badInput'> {
    return readAll({
      patientNumber: patientNumber === undefined ? undefined : dialableNumber(patientNumber, 'patientNumber', mayDial),
      nhsNumber: nhs === undefined ? undefined : nhs === null ? done(null) : nhsNumber(nhs),
      clinician: clinician === undefined ? undefined : clinician === null ? done(null) : clinicianId(directory(), clinician),
      dueAt: dueAt === undefined ? undefined : dueTime(dueAt, now()),
      note: note === undefined ? undefined : done(note),
    })
  }
}

export type CallBackOperations = ReturnType<typeof callBackOperations>
