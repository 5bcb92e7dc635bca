import { expect, test } from 'vitest'
import { goodCall } from '../../test/kit/sample-call.js'
import { Cast, type Actor } from './actor.js'
import type { CallFact } from './events.js'

const caller: Actor = { kind: 'caller' }
const engine: Actor = { kind: 'engine' }
const okafor: Actor = { kind: 'clinician', id: 'dr-okafor' }
const hungUp = { ending: 'hangup', at: 0 } as const

/** Who did each of the facts that the engine did not do itself. */
function told(facts: readonly CallFact[], cast = new Cast()): readonly (readonly [CallFact['type'], Actor])[] {
  return facts.map((fact) => [fact.type, cast.actorOf(fact)] as const).filter(([, actor]) => actor.kind !== 'engine')
}

test('a call that goes well: the caller, a number of the rota that belongs to nobody by name, and the engine for the rest', () => {
  expect(told(goodCall('one'))).toEqual([
    ['call.arrived', caller],
    ['attempt.answered', { kind: 'called' }],
    ['attempt.accepted', { kind: 'called' }],
    ['talk.ended', { kind: 'called' }],
    ['outcome.left', caller],
    ['leg.ended', { kind: 'called' }],
  ])
})

const ring = (attempt: string, more: Partial<Extract<CallFact, { type: 'attempt.started' }>> = {}): CallFact => ({
  type: 'attempt.started',
  attempt,
  candidate: 'c',
  label: 'l',
  pool: 'local',
  target: '+441632960001',
  ...more,
})

test('a clinician is named, whichever of their telephones it was', () => {
  expect(
    told([
      ring('a', { clinician: 'dr-okafor' }),
      { type: 'attempt.answered', attempt: 'a', legId: 'leg-a' },
      { type: 'whisper.wrongKey', attempt: 'a', key: '2' },
      {
        type: 'attempt.accepted',
        attempt: 'a',
        proof: { heard: { kind: 'key', key: '1', source: 'rfc4733' }, legId: 'leg-a', heardAt: 0 },
      },
      { type: 'talk.started', attempt: 'a' },
      { type: 'talk.ended', by: 'specialist', why: 'hangup' },
      { type: 'outcome.left', outcome: 'x', by: 'specialist' },
      { type: 'leg.ended', legId: 'leg-a', party: 'specialist', hangUp: hungUp },
    ]).map(([, actor]) => actor),
  ).toEqual([okafor, okafor, okafor, okafor, okafor, okafor])
})

test('a desk telephone that is nobody’s by name is a device; who declines, and who hangs up on the whisper, did it themselves', () => {
  expect(
    told([
      ring('a', { target: 'device:ward-7' }),
      { type: 'attempt.ended', attempt: 'a', result: 'declined' },
      ring('b', { clinician: 'dr-okafor' }),
      { type: 'attempt.ended', attempt: 'b', result: 'answeredThenHungUp' },
      ring('c', { clinician: 'dr-okafor' }),
      { type: 'attempt.ended', attempt: 'c', result: 'noAnswer' },
    ]),
  ).toEqual([
    ['attempt.ended', { kind: 'device', id: 'ward-7' }],
    ['attempt.ended', okafor],
  ])
})

test.each<[string, Actor | undefined, CallFact, Actor]>([
  [
    'a telephone that has proved itself',
    undefined,
    { type: 'call.arrived', kind: 'line', callerNumber: '', dialledNumber: '*', device: 'elm-row-1', source: '' },
    { kind: 'device', id: 'elm-row-1' },
  ],
  [
    'a clinician’s own telephone',
    okafor,
    { type: 'call.arrived', kind: 'line', callerNumber: '', dialledNumber: '*', device: 'okafor-desk', source: '' },
    okafor,
  ],
  ['a caller from outside', undefined, { type: 'call.arrived', kind: 'line', callerNumber: '', dialledNumber: '1', source: '' }, caller],
])('what the caller keys is done by %s', (_what, known, arrived, expected) => {
  const cast = new Cast(known)
  const facts: CallFact[] = [
    arrived,
    { type: 'menu.keyed', keys: '1', understood: true },
    { type: 'line.chosen', line: 'x', by: 'code' },
    { type: 'line.chosen', line: 'x', by: 'number' },
    { type: 'organisation.chosen', organisation: 'x' },
    { type: 'arrangement.taken', arrangement: 'x', kind: 'patientConnect' },
    { type: 'code.refused', digits: 4, why: 'wrong' },
    { type: 'callBack.requested', line: 'x', number: '+441632960001' },
    { type: 'outcome.left', outcome: 'x', by: 'caller' },
    { type: 'leg.ended', legId: 'leg', party: 'caller', hangUp: hungUp },
  ]
  expect(facts.map((fact) => cast.actorOf(fact))).toEqual(facts.map(() => expected))
})

test('a call that staff asked for: they placed it, and the clinician whom it rings first is its caller', () => {
  const cast = new Cast()
  expect(cast.actorOf({ type: 'call.placed', kind: 'pifuCallBack', arrangement: 'a', clinician: 'dr-okafor' })).toEqual({ kind: 'staff' })
  expect(cast.actorOf({ type: 'outcome.left', outcome: 'x', by: 'caller' })).toEqual(okafor)
  expect(cast.actorOf({ type: 'outcome.left', outcome: 'x', by: 'staff' })).toEqual({ kind: 'staff' })
})

test.each<[string, CallFact]>([
  ['a line that is the only one', { type: 'line.chosen', line: 'x', by: 'only' }],
  ['a line that stands in the arrangement', { type: 'line.chosen', line: 'x', by: 'arrangement' }],
  ['a leg that we released', { type: 'leg.ended', legId: 'x', party: 'caller', hangUp: { ending: 'released', at: 0 } }],
  ['a talk that the media server lost', { type: 'talk.ended', by: 'system', why: 'faulted' }],
  ['a talk that broke because one leg was lost', { type: 'talk.ended', by: 'specialist', why: 'mediaTimeout' }],
])('the engine did it by itself: %s', (_what, fact) => {
  expect(new Cast().actorOf(fact)).toEqual(engine)
})
