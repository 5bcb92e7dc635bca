import { describe, expect, it } from 'vitest'
import { goodCall } from '../../test/kit/sample-call.js'
import { emptyDirectory } from '../directory/empty-directory.js'
import type { Clinician } from '../directory/model.js'
import { unknownOrigin, type Actor } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import { assignmentOperations } from './assignments.js'
import { nhsNumberOperations } from './nhs-numbers.js'

const okafor: Clinician = {
  id: 'dr-okafor',
  name: 'Dr Ada Okafor',
  spokenName: 'Doctor Okafor',
  role: 'Consultant',
  numbers: [],
  organisations: ['elm-row'],
}
const directory = { ...emptyDirectory, clinicians: new Map([['dr-okafor', okafor]]) }
const secretary: Actor = { kind: 'staff', id: 'm-lowe' }

function opened(first?: Partial<Extract<CallFact, { type: 'call.arrived' }>>) {
  const world = { onDisk: true, told: [] as CallFact[], actors: [] as (Actor | undefined)[] }
  const facts = goodCall('one').map((fact, index) => (index === 0 ? ({ ...fact, ...first } as CallFact) : fact))
  const events = facts.map((fact, index): CallEvent => ({ ...unknownOrigin, callId: 'one', seq: index + 1, at: index, ...fact }))
  const log = {
    append: (callId: string, fact: CallFact, actor?: Actor) => {
      world.told.push(fact)
      world.actors.push(actor)
      const event: CallEvent = { ...unknownOrigin, callId, seq: events.length + 1, at: 0, ...fact }
      if (world.onDisk) events.push(event)
      return Promise.resolve(world.onDisk ? event : undefined)
    },
    subscribe: () => () => undefined,
  }
  const parts = { store: { events: (callId: string) => Promise.resolve(callId === 'one' ? events : []), log }, directory: () => directory }
  return { world, assignments: assignmentOperations(parts), nhsNumbers: nhsNumberOperations(parts) }
}

describe('the clinician of a call from a Dial-In number', () => {
  it('is set by staff, changed and removed; the fact says who did it', async () => {
    const { world, assignments } = opened()
    expect(await assignments.assign(secretary, { call: 'one', clinician: 'dr-okafor' })).toEqual({
      kind: 'done',
      value: { callId: 'one', clinician: okafor },
    })
    await assignments.assign(secretary, { call: 'one', clinician: 'dr-okafor' })
    await assignments.assign(secretary, { call: 'one', clinician: null })
    expect(world.told).toEqual([{ type: 'call.assigned', clinician: 'dr-okafor' }, { type: 'call.assigned' }])
    expect(world.actors).toEqual([secretary, secretary])
  })

  it('is refused for other calls, and for a clinician unknown to the directory', async () => {
    expect(await opened().assignments.assign(secretary, { call: 'two', clinician: 'dr-okafor' })).toMatchObject({ code: 'callNotFound' })
    expect(await opened().assignments.assign(secretary, { call: 'one', clinician: 'dr-nobody' })).toMatchObject({
      code: 'badInput',
      field: 'clinician',
    })
    expect(await opened({ kind: 'pifuAnswer' }).assignments.assign(secretary, { call: 'one', clinician: 'dr-okafor' })).toMatchObject({
      code: 'badInput',
      field: 'call',
    })
  })

  it('is confirmed only when it is on disk', async () => {
    const { world, assignments } = opened()
    world.onDisk = false
    expect(await assignments.assign(secretary, { call: 'one', clinician: 'dr-okafor' })).toMatchObject({ code: 'storeUnavailable' })
  })
})

describe('the NHS number of a call', () => {
  it('is left with a right check digit, changed, and removed', async () => {
    const { world, nhsNumbers } = opened()
    expect(await nhsNumbers.leave(secretary, { call: 'one', nhsNumber: '999 000 0018' })).toEqual({
      kind: 'done',
      value: { callId: 'one', nhsNumber: '9990000018' },
    })
    expect(await nhsNumbers.leave(secretary, { call: 'one', nhsNumber: '9990000018' })).toMatchObject({ kind: 'done' })
    expect(await nhsNumbers.leave(secretary, { call: 'one', nhsNumber: '999 000 0017' })).toMatchObject({
      code: 'badInput',
      field: 'nhsNumber',
    })
    expect(await nhsNumbers.leave(secretary, { call: 'two', nhsNumber: null })).toMatchObject({ code: 'callNotFound' })
    await nhsNumbers.leave(secretary, { call: 'one', nhsNumber: null })
    expect(world.told).toEqual([{ type: 'nhsNumber.left', nhsNumber: '9990000018' }, { type: 'nhsNumber.left' }])
  })
})
