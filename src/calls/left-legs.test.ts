import { expect, it } from 'vitest'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import type { DialledBefore, Leg } from '../switch/port.js'
import { handlesLeft, takeLegs } from './left-legs.js'

const never = () => Promise.resolve(false)
const asEvents = (facts: readonly CallFact[]): readonly CallEvent[] =>
  facts.map((fact, index) => ({ ...unknownOrigin, callId: 'one', seq: index + 1, at: index * 1_000, ...fact }))
const started = (attempt: string, target: string, account?: string): CallFact => ({
  type: 'attempt.started',
  attempt,
  candidate: attempt,
  label: attempt,
  pool: 'local',
  target,
  ...(account === undefined ? {} : { account }),
})

const events = asEvents([
  { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '', source: '' },
  { type: 'call.answered', legId: 'a', handle: 'of a' },
  started('one-1', '+447700900123', 'cardiology'),
  { type: 'attempt.answered', attempt: 'one-1', legId: 'b', handle: 'of b' },
  { type: 'leg.ended', legId: 'b', party: 'specialist', hangUp: { ending: 'hangup', at: 0 } },
  started('one-2', 'sip:ward@127.0.0.1:5070', 'cardiology'),
  { type: 'attempt.answered', attempt: 'one-2', legId: 'c', handle: 'of c' },
  started('one-3', '+447700900124', 'cardiology'),
  { type: 'attempt.answered', attempt: 'one-3', legId: 'd', handle: 'of d' },
  started('one-4', '+447700900125'),
  { type: 'attempt.answered', attempt: 'one-4', legId: 'e' },
])

it('legs that ran are taken over, those to telephone numbers with their account and the moment of their answer', async () => {
  const asked: (readonly [string, DialledBefore | undefined])[] = []
  const { taken, lost } = await takeLegs(
    {
      adopt: (handle, dialled) => {
        asked.push([handle, dialled])
        return Promise.resolve({ kind: 'gone', why: 'hung up' })
      },
      callOff: () => Promise.reject(new Error('nobody rings')),
    },
    events,
    never,
  )
  expect(asked).toEqual([
    ['of a', undefined],
    ['of c', undefined],
    ['of d', { account: 'cardiology', answeredAt: 8_000 }],
  ])
  expect(taken).toEqual([])
  expect(lost.map(({ legId, hungUp }) => [legId, hungUp])).toEqual([
    ['e', false],
    ['a', true],
    ['c', true],
    ['d', true],
  ])
})

it('a call without a leg that can be found again cannot go on', () => {
  expect(handlesLeft(events)).toEqual(['of a', 'of c', 'of d'])
  expect(handlesLeft(events.slice(0, 1))).toEqual([])
})

const arrived: CallFact = { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '', source: '', handle: 'of the INVITE' }
const sent = (handle: string): CallFact => ({ type: 'attempt.sent', attempt: 'one-1', sipCallId: handle, handle })

it('a caller not yet answered by the facts is looked for by their INVITE, unless it has come again', async () => {
  const asked: (readonly [string, boolean])[] = []
  const take = (again: boolean) =>
    takeLegs(
      {
        adopt: async (handle, _dialled, isOurs) => {
          asked.push([handle, (await isOurs?.()) ?? true])
          return { kind: 'failed', why: 'nobody says' }
        },
        callOff: () => Promise.resolve(),
      },
      asEvents([arrived]),
      () => Promise.resolve(again),
    )
  expect((await take(false)).lost).toMatchObject([{ legId: undefined, party: 'caller', attempt: undefined }])
  await take(true)
  expect(asked).toEqual([
    ['of the INVITE', true],
    ['of the INVITE', false],
  ])
  expect(handlesLeft(asEvents([arrived, { type: 'call.answered', legId: 'a', handle: 'of a' }]))).toEqual(['of a'])
})

it('a called party is cancelled on each telephone that rings, and then looked for: they may have answered', async () => {
  const done: string[] = []
  const leg = { id: 'b', close: () => Promise.resolve() } as Leg
  const { taken } = await takeLegs(
    {
      adopt: (handle) => {
        done.push(`adopt ${handle}`)
        return Promise.resolve(handle === 'second' ? { kind: 'adopted', leg, moved: true } : { kind: 'gone', why: 'rang' })
      },
      callOff: (handle) => {
        done.push(`callOff ${handle}`)
        return Promise.resolve()
      },
    },
    asEvents([started('one-1', '+447700900123', 'cardiology'), sent('first'), sent('second')]),
    never,
  )
  expect(done).toEqual(['callOff first', 'adopt first', 'callOff second', 'adopt second'])
  expect(taken).toEqual([{ leg, party: 'specialist', attempt: 'one-1', moved: true, untold: true }])
})

it('an attempt that is over leaves nobody to look for', () => {
  const before = [started('one-1', '+447700900123'), sent('first')]
  expect(handlesLeft(asEvents(before))).toEqual(['first'])
  expect(handlesLeft(asEvents([...before, { type: 'attempt.ended', attempt: 'one-1', result: 'noAnswer' }]))).toEqual([])
})
