import { describe, expect, it } from 'vitest'
import { emptyDirectory } from '../directory/empty-directory.js'
import type { Clinician, Directory, Line } from '../directory/model.js'
import type { Arrangement, CallBack, PatientConnect } from '../facts/arrangement.js'
import { arrangingReach, mayArrangeBy, mayArrangeOn, seesArrangement } from './arranging.js'
import type { Identity } from './identity.js'
import type { RoleName, Scope } from './roles.js'

const clinician = (id: string, ...organisations: string[]): Clinician => ({
  id,
  name: id,
  spokenName: id,
  role: '',
  numbers: [],
  organisations,
})
const line = (id: string, trust: string) => [id, { id, trust, name: id } as Line] as const
const directory: Directory = {
  ...emptyDirectory,
  lines: new Map([line('rehab', 'st-brides'), line('clinic', 'wend-vale')]),
  clinicians: new Map(
    [clinician('okafor', 'st-brides'), clinician('macleod', 'st-brides', 'wend-vale'), clinician('hughes', 'wend-vale')].map((one) => [
      one.id,
      one,
    ]),
  ),
}

const kept = { madeAt: 0, madeBy: { kind: 'staff' }, tries: [], changedAt: 0 } as const
const callBack = (id: string, of: string, by?: string): CallBack => ({
  ...kept,
  id,
  kind: 'callBack',
  line: of,
  patientNumber: '+447700900123',
  dueAt: 0,
  ...(by === undefined ? {} : { clinician: by }),
})
const connect = (id: string, by: string): PatientConnect => ({
  ...kept,
  id,
  kind: 'patientConnect',
  nhsNumber: '9434765919',
  patientNumber: '+447700900123',
  clinician: by,
  pin: { hash: id },
  expiresAt: 0,
})
const all: readonly Arrangement[] = [
  callBack('rehab-back', 'rehab', 'okafor'),
  callBack('clinic-back', 'clinic', 'macleod'),
  connect('by-okafor', 'okafor'),
  connect('by-macleod', 'macleod'),
  connect('by-hughes', 'hughes'),
]

function person(role: RoleName, scope: Scope, who?: string, acting?: Scope): Identity {
  const session = {
    id: 's',
    method: 'password',
    createdAt: 0,
    seenAt: 0,
    expiresAt: 1,
    address: '',
    userAgent: '',
    ...(acting ? { acting } : {}),
  } as const
  return {
    kind: 'person',
    person: { id: 'p', name: 'P', createdAt: 0, ...(who === undefined ? {} : { clinician: who }) },
    session,
    confirmed: false,
    grants: [{ id: 'g', role, scope, grantedBy: 'system', grantedAt: 0 }],
    asleep: [],
    needsSecondFactor: false,
  }
}
const brides: Scope = { kind: 'organisation', id: 'st-brides' }
const vale: Scope = { kind: 'organisation', id: 'wend-vale' }
const seen = (identity: Identity) => all.filter((one) => seesArrangement(arrangingReach(identity), one, directory)).map(({ id }) => id)

describe('what a person may arrange', () => {
  it('for everything: all of it', () => expect(seen(person('serviceManager', { kind: 'everywhere' }))).toHaveLength(all.length))
  it('for an organisation: its lines, and calls to patients by those who work for no other', () =>
    expect(seen(person('serviceManager', brides))).toEqual(['rehab-back', 'by-okafor']))
  it('for a line: the same of its trust, and call-backs of the line alone', () =>
    expect(seen(person('serviceManager', { kind: 'line', id: 'clinic' }))).toEqual(['clinic-back', 'by-hughes']))
  it('a locum sees their own, wherever they are', () =>
    expect(seen(person('clinician', brides, 'macleod'))).toEqual(['rehab-back', 'clinic-back', 'by-okafor', 'by-macleod']))
  it('while they act for one organisation: what concerns it', () => {
    const two = person('clinician', brides, 'macleod', brides)
    expect(seen(two)).toEqual(['rehab-back', 'by-okafor', 'by-macleod'])
  })
  it('a role that arranges nothing sees nothing, not even what names them', () =>
    expect(seen(person('operations', brides, 'macleod'))).toEqual([]))

  it('they may choose clinicians who work where they arrange', () => {
    const reach = arrangingReach(person('serviceManager', vale))
    expect([...directory.clinicians.values()].filter((one) => mayArrangeBy(reach, one, directory)).map(({ id }) => id)).toEqual([
      'macleod',
      'hughes',
    ])
    expect(['rehab', 'clinic'].filter((one) => mayArrangeOn(reach, one, directory))).toEqual(['clinic'])
  })
})
