import { expect, test } from 'vitest'
import { goodCall, untilTalking } from '../../test/kit/sample-call.js'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import { createLiveBoard, type LiveCall } from './live-board.js'

const hour = 3_600_000

/** One call on a board. Facts come when they are told, by a monotonic clock and a wall clock that can be set. */
function watched() {
  const time = { monotonic: 5_000, now: 1_000_000 }
  let listener: (event: CallEvent) => void = () => undefined
  const board = createLiveBoard(
    {
      subscribe(told) {
        listener = told
        return () => undefined
      },
    },
    { organisation: () => undefined, line: () => undefined },
    { monotonic: () => time.monotonic, now: () => time.now },
  )
  let began: number | undefined
  let seq = 0
  let changed: LiveCall | undefined
  board.subscribe((change) => (changed = change.kind === 'call' ? change.call : undefined))
  return {
    time,
    /** Tells facts, one after the other, each `afterMs` after the one before. */
    tell(afterMs: number, ...facts: readonly CallFact[]) {
      for (const fact of facts) {
        time.monotonic += afterMs
        time.now += afterMs
        began ??= time.monotonic
        listener({ ...unknownOrigin, callId: 'one', seq: ++seq, at: time.now, elapsedMs: time.monotonic - began, ...fact })
      }
    },
    passes(ms: number) {
      time.monotonic += ms
      time.now += ms
    },
    get shown(): LiveCall {
      const [call] = board.calls()
      if (!call) throw new Error('there is no call')
      return call
    },
    get changed(): LiveCall | undefined {
      return changed
    },
  }
}

const facts = goodCall('one')
const until = (type: CallFact['type'], nth = 1) =>
  facts.slice(0, facts.map((fact, index) => (fact.type === type ? index : -1)).filter((index) => index >= 0)[nth - 1]! + 1)

test('how long the call, its stage and the wait have lasted is measured by the monotonic clock', () => {
  const call = watched()
  call.tell(0, ...until('line.chosen'))
  call.time.now += 26 * hour
  call.tell(0, ...facts.slice(3, 6))
  call.passes(7_000)
  expect(call.shown).toMatchObject({ stage: 'ringing', lastedMs: 7_000, stageMs: 7_000, waitedMs: 7_000 })
  expect(call.shown).not.toHaveProperty('talkedMs')
  call.time.now -= 50 * hour
  call.passes(3_000)
  expect(call.shown).toMatchObject({ lastedMs: 10_000, waitedMs: 10_000 })
})

test('the wait ends with acceptance, and the talk begins there; both stand still when they are over', () => {
  const call = watched()
  call.tell(1_000, ...untilTalking('one'))
  const acceptedAfter = (until('attempt.accepted').length - until('line.chosen').length) * 1_000
  expect(call.shown.waitedMs).toBe(acceptedAfter)
  call.passes(60_000)
  expect(call.shown).toMatchObject({ stage: 'talking', waitedMs: acceptedAfter })
  const talked = call.shown.talkedMs ?? 0
  expect(talked).toBeGreaterThanOrEqual(60_000 + 4_000)
  call.tell(0, { type: 'talk.ended', by: 'caller', why: 'hangup' })
  expect(call.changed?.talkedMs).toBe(talked)
  call.passes(5_000)
  expect(call.shown).toMatchObject({ stage: 'ending', talkedMs: talked, waitedMs: acceptedAfter, stageMs: 5_000 })
})

test.each(['answeredThenHungUp', 'failed', 'cancelled'] as const)(
  'an acceptance that led to no talk (%s) does not count: the caller waits on, and no specialist is shown as talking to them',
  (result) => {
    const call = watched()
    call.tell(1_000, ...until('attempt.accepted'))
    expect(call.shown).toMatchObject({ stage: 'connecting', talkingTo: 'On-call mobile' })
    const waited = call.shown.waitedMs ?? 0
    call.tell(0, { type: 'attempt.ended', attempt: 'one-2', result })
    call.passes(2_000)
    expect(call.shown).toMatchObject({ stage: 'hunting', waitedMs: waited + 2_000, attempts: [{ result: 'noAnswer' }, { result }] })
    expect(call.shown.talkingTo).toBeUndefined()
    expect(call.shown.ringing).toBeUndefined()
    call.tell(0, { type: 'hunt.ended', result: 'nobody' })
    call.passes(9_000)
    expect(call.shown).toMatchObject({ stage: 'ending', waitedMs: waited + 2_000 })
  },
)

test('the acceptance of a clinician stands, whatever becomes of the patient’s telephone', () => {
  const call = watched()
  call.tell(
    1_000,
    { type: 'call.placed', kind: 'patientConnect', arrangement: 'x', clinician: 'dr-okafor' },
    { type: 'attempt.started', attempt: 'c', candidate: 'clinician:dr-okafor', label: 'Dr Okafor', pool: 'local', target: '+447700900001' },
    { type: 'attempt.accepted', attempt: 'c', proof: { heard: { kind: 'key', key: '1', source: 'info' }, legId: 'a', heardAt: 1 } },
    { type: 'attempt.ended', attempt: 'c', result: 'accepted' },
    { type: 'attempt.started', attempt: 'p', candidate: 'patient:x', label: 'Patient', pool: 'direct', target: '+447700900002' },
    { type: 'attempt.ended', attempt: 'p', result: 'noAnswer' },
  )
  expect(call.shown.talkingTo).toBe('Dr Okafor')
})

test('who leaves the line waits for it no more', () => {
  const call = watched()
  call.tell(
    1_000,
    ...until('attempt.ended'),
    { type: 'hunt.ended', result: 'calledOff' },
    { type: 'arrangement.taken', arrangement: 'x', kind: 'patientConnect' },
  )
  expect(call.shown).not.toHaveProperty('waitedMs')
})

test('a call of which the board is told late has lasted since its instant', () => {
  const time = { monotonic: 100, now: 1_000_000 }
  let listener: (event: CallEvent) => void = () => undefined
  const board = createLiveBoard(
    { subscribe: (told) => ((listener = told), () => undefined) },
    { organisation: () => undefined, line: () => undefined },
    { monotonic: () => time.monotonic, now: () => time.now },
  )
  listener({ ...unknownOrigin, callId: 'one', seq: 1, at: 1_000_000 - 90_000, ...facts[0]! })
  expect(board.calls()[0]?.lastedMs).toBe(90_000)
})
