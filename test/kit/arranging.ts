import { ArrangedWorld, codeNumber, patient } from './arranged-world.js'
import type { Redeemed } from '../../src/calls/arrangements.js'
import type { Arrangement } from '../../src/facts/arrangement.js'

export const minute = 60_000
export const hour = 60 * minute
export const wrong: Redeemed = { kind: 'wrong', waitMs: 0 }

export async function patientConnect(world: ArrangedWorld, more: { readonly clinician?: string; readonly validMs?: number } = {}) {
  const made = await world.arranged.makePatientConnect({
    nhsNumber: '9434765919',
    patientNumber: patient,
    clinician: 'dr-prasad',
    validMs: hour,
    ...more,
  })
  if (made.kind !== 'made') throw new Error('no PIN was made')
  return made.arrangement
}

export async function code(world: ArrangedWorld, more: { readonly number?: string; readonly validMs?: number } = {}) {
  const made = await world.arranged.makeCallBackCode({
    about: { call: 'past' },
    asked: { clinician: 'dr-okafor' },
    line: 'cardiology',
    organisation: 'elm-row',
    number: codeNumber,
    validMs: 10 * minute,
    ...more,
  })
  if (made.kind !== 'made') throw new Error('no code was made')
  return made.arrangement
}

export const callBack = (world: ArrangedWorld) =>
  world.arranged.makeCallBack({ line: 'cardiac-rehab', patientNumber: patient, clinician: 'dr-okafor', dueAt: world.clock.now() + hour })

export const stateOf = (world: ArrangedWorld, { id }: Pick<Arrangement, 'id'>) => world.arranged.stateOf(world.arranged.diary.get(id)!)
