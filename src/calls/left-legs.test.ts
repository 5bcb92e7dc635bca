import { expect, it } from 'vitest'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import type { DialledBefore } from '../switch/port.js'
import { handlesLeft, takeLegs } from './left-legs.js'

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
    },
    events,
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

it('a call without a leg that can be found again has nothing to go on with', () => {
  expect(handlesLeft(events)).toEqual(['of a', 'of c', 'of d'])
  expect(handlesLeft(events.slice(0, 1))).toEqual([])
})
