import { describe, expect, it } from 'vitest'
import { goodCall } from '../../test/kit/sample-call.js'
import { emptyDirectory } from '../directory/empty-directory.js'
import type { Line } from '../directory/model.js'
import { defaultOutcomes, patientConnectOutcomes, patientUnavailable } from '../directory/outcomes.js'
import { unknownOrigin, type Actor } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import { outcomeOperations, outcomesOfCall } from './outcomes.js'

// Only a line's outcomes matter here.
const cardiology = { id: 'cardiology', kind: 'advice', outcomes: defaultOutcomes.advice } as Line
const directory = { ...emptyDirectory, lines: new Map([['cardiology', cardiology]]) }
const secretary: Actor = { kind: 'staff', id: 'm-lowe' }

/** A completed call, and the outcomes left for it. */
function opened() {
  const world = { onDisk: true, readable: true, told: [] as CallFact[], actors: [] as (Actor | undefined)[] }
  const events = goodCall('one').map((fact, index): CallEvent => ({ ...unknownOrigin, callId: 'one', seq: index + 1, at: index, ...fact }))
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
  const store = {
    events: (callId: string) =>
      world.readable ? Promise.resolve(callId === 'one' ? events : []) : Promise.reject(new Error('disk I/O error')),
    log,
  }
  return { world, outcomes: outcomeOperations({ store, directory: () => directory }) }
}

describe('an outcome that staff leave', () => {
  it('is acknowledged only when it is on disk, and the fact says who left it', async () => {
    const { world, outcomes } = opened()
    world.onDisk = false
    const admission = { call: 'one', outcome: 'admission-made' }
    expect(await outcomes.leave(secretary, admission)).toMatchObject({ kind: 'refused', code: 'storeUnavailable' })
    world.onDisk = true
    expect(await outcomes.leave(secretary, admission)).toEqual({
      kind: 'done',
      value: { callId: 'one', outcome: { id: 'admission-made', label: 'Admission made' } },
    })
    expect(world.actors).toEqual([secretary, secretary])
    expect(world.told).toEqual([1, 2].map(() => ({ type: 'outcome.left', outcome: 'admission-made', by: 'staff' })))
    // Repeating it changes nothing.
    expect((await outcomes.leave(secretary, admission)).kind).toBe('done')
    expect(world.told).toHaveLength(2)
  })

  it('is refused for an unknown call or outcome, or without a store', async () => {
    const { world, outcomes } = opened()
    expect(await outcomes.leave(secretary, { call: 'two', outcome: 'admission-made' })).toMatchObject({ code: 'callNotFound' })
    expect(await outcomes.leave(secretary, { call: 'one', outcome: 'cured' })).toMatchObject({
      code: 'badInput',
      field: 'outcome',
      message: expect.stringContaining('referral-avoided') as string,
    })
    world.readable = false
    expect(await outcomes.leave(secretary, { call: 'one', outcome: 'cured' })).toEqual({
      kind: 'refused',
      code: 'storeUnavailable',
      message: 'The store cannot be asked: disk I/O error',
    })
    expect(world.told).toEqual([])
  })

  it('is one that the call could have been left with', () => {
    expect(outcomesOfCall({ kind: 'line', line: 'cardiology' }, directory)).toEqual(defaultOutcomes.advice)
    expect(outcomesOfCall({ kind: 'callBackCode', line: 'cardiology' }, directory)).toEqual(defaultOutcomes.advice)
    expect(outcomesOfCall({ kind: 'patientConnect' }, directory)).toEqual(patientConnectOutcomes)
    expect(outcomesOfCall({ kind: 'pifuCallBack', arrangement: 'a' }, directory)).toEqual(defaultOutcomes.pifuCallBack)
    // A call-back on an advice line's list: the patient may still have been unavailable.
    expect(outcomesOfCall({ kind: 'pifuCallBack', arrangement: 'a', line: 'cardiology' }, directory)).toEqual([
      ...defaultOutcomes.advice,
      patientUnavailable,
    ])
    expect(outcomesOfCall({ kind: 'bypass' }, directory)).toEqual([])
    expect(outcomesOfCall({ kind: 'dialIn', line: 'gone from the directory' }, directory)).toEqual([])
  })
})
