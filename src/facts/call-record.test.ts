import { expect, test } from 'vitest'
import { goodCall, specialistsNumber } from '../../test/kit/sample-call.js'
import { unknownOrigin } from './actor.js'
import { callRecord, withEvent } from './call-record.js'
import type { CallEvent, CallFact } from './events.js'

/** One fact a second, beginning at second 1. */
function happened(...facts: readonly CallFact[]): readonly CallEvent[] {
  return facts.map((fact, index) => ({ ...unknownOrigin, callId: 'one', seq: index + 1, at: (index + 1) * 1_000, ...fact }))
}

const accepted = (heardAt: number) =>
  goodCall('one').map((fact) => (fact.type === 'attempt.accepted' ? { ...fact, proof: { ...fact.proof, heardAt } } : fact))

test('a good call: wait from the choice of the line to acceptance, talk from acceptance to the end', () => {
  const record = callRecord(happened(...accepted(12_000)))
  expect(record).toMatchObject({
    callId: 'one',
    arrivedAt: 1_000,
    answeredAt: 2_000,
    lineChosenAt: 3_000,
    acceptedAt: 12_000,
    acceptedBy: 'one-2',
    waitMs: 9_000,
    talkMs: 5_000,
    talkEndedBy: 'specialist',
    refs: 2,
    outcome: { outcome: 'referral-avoided', by: 'caller' },
    ending: 'completed',
    lastSeq: 22,
  })
  expect(record?.attempts).toMatchObject([
    { label: 'Dr Okafor', startedAt: 5_000, ringingAt: 6_000, endedAt: 7_000, result: 'noAnswer', whispers: 0 },
    {
      label: 'On-call mobile',
      target: specialistsNumber,
      answeredAt: 10_000,
      acceptedAt: 12_000,
      result: 'accepted',
      whispers: 1,
      proof: { heard: { kind: 'key', key: '1' } },
    },
  ])
  expect(record?.recordings).toMatchObject([{ recordingId: 'one-r', state: 'stopped', startedAt: 15_000, stoppedAt: 18_000 }])
})

test('nobody accepted: there is no wait and no talk, and a specialist rung twice counts once', () => {
  const attempt = (id: string, candidate: string): CallFact[] => [
    { type: 'attempt.started', attempt: id, candidate, label: candidate, pool: 'local', target: 'sip:x@y' },
    { type: 'attempt.ended', attempt: id, result: 'busy', status: 486, reason: 'Busy Here' },
  ]
  const record = callRecord(
    happened(...goodCall('one').slice(0, 4), ...attempt('1', 'a'), ...attempt('2', 'b'), ...attempt('3', 'a'), {
      type: 'call.ended',
      ending: 'unanswered',
    }),
  )
  expect(record).toMatchObject({ refs: 2, ending: 'unanswered' })
  expect(record?.attempts).toHaveLength(3)
  expect(record?.attempts[0]).toMatchObject({ result: 'busy', status: 486, reason: 'Busy Here' })
  expect(record?.waitMs).toBeUndefined()
  expect(record?.talkMs).toBeUndefined()
})

const taken = (result: 'answeredThenHungUp' | 'failed' | 'cancelled') => [
  ...accepted(12_000).slice(0, 12),
  { type: 'attempt.ended', attempt: 'one-2', result } as const,
]

test.each(['answeredThenHungUp', 'failed', 'cancelled'] as const)(
  'an acceptance that led to no talk (%s) leaves no acceptor, no wait and no proof',
  (result) => {
    const before = callRecord(happened(...taken(result).slice(0, 12)))
    expect(before).toMatchObject({ acceptedBy: 'one-2', waitMs: 9_000 })
    const record = callRecord(
      happened(...taken(result), { type: 'hunt.ended', result: 'nobody' }, { type: 'call.ended', ending: 'unanswered' }),
    )
    for (const field of ['acceptedBy', 'acceptedAt', 'waitMs']) expect(record).not.toHaveProperty(field)
    expect(record?.attempts[1]).toMatchObject({ result, answeredAt: 10_000 })
    for (const field of ['acceptedAt', 'acceptedAfterMs', 'proof']) expect(record?.attempts[1]).not.toHaveProperty(field)
  },
)

test('after an acceptance that led to no talk, the next specialist to accept is the one who accepted, after the whole wait', () => {
  const record = callRecord(
    happened(
      ...taken('failed'),
      { type: 'attempt.started', attempt: 'one-3', candidate: 'c', label: 'C', pool: 'local', target: 'sip:c@d' },
      {
        type: 'attempt.accepted',
        attempt: 'one-3',
        proof: { heard: { kind: 'key', key: '1', source: 'info' }, legId: 'c', heardAt: 15_000 },
      },
      { type: 'talk.started', attempt: 'one-3' },
      { type: 'attempt.ended', attempt: 'one-3', result: 'accepted' },
    ),
  )
  expect(record).toMatchObject({ acceptedBy: 'one-3', acceptedAt: 15_000, waitMs: 12_000 })
})

test('durations are the monotonic clock’s where the facts have it; what another run of the engine tells goes on from the last of these', () => {
  const day = 86_400_000
  const facts: readonly (readonly [number, number | undefined])[] = goodCall('one').map((_fact, index) =>
    index < 16 ? [index * 1_000, index * 1_000] : [day + index * 1_000, index === 16 ? 16_000 : undefined],
  )
  const events = accepted(11_000).map((fact, index): CallEvent => ({
    ...unknownOrigin,
    callId: 'one',
    seq: index + 1,
    at: facts[index]?.[0] ?? 0,
    ...(facts[index]?.[1] === undefined ? {} : { elapsedMs: facts[index][1] }),
    ...fact,
  }))
  expect(callRecord(events)).toMatchObject({
    waitMs: 9_000,
    talkMs: 5_000,
    clockSetMs: day,
    talkEndedAt: day + 16_000,
    endedAt: day + 21_000,
    endedAfterMs: 21_000,
  })
})

test('a recording becomes ready after its call; an earlier failure is forgotten, a later one does not undo it', () => {
  const failed: CallFact = { type: 'recording.failed', recordingId: 'one-r', stage: 'encode', why: 'no room' }
  const ready: CallFact = { type: 'recording.ready', recordingId: 'one-r', path: 'a.mp3', bytes: 5, seconds: 1.5, sha256: 'ff' }
  expect(callRecord(happened(...goodCall('one'), failed))?.recordings[0]).toMatchObject({ state: 'failed', why: 'encode: no room' })
  const made = callRecord(happened(...goodCall('one'), failed, ready, failed))?.recordings[0]
  expect(made).toMatchObject({ state: 'ready', path: 'a.mp3', seconds: 1.5 })
  expect(made).not.toHaveProperty('why')
})

test('the latest outcome stands; the one before is still in the facts', () => {
  const record = callRecord(happened(...goodCall('one'), { type: 'outcome.left', outcome: 'referral-made', by: 'staff' }))
  expect(record?.outcome).toMatchObject({ outcome: 'referral-made', by: 'staff' })
})

test('folding step by step and all at once are the same, and no step changes the record before', () => {
  const events = happened(...goodCall('one'))
  let record = callRecord([])
  for (const event of events) {
    const before = JSON.stringify(record)
    const after = withEvent(record, event)
    expect(JSON.stringify(record)).toBe(before)
    record = after
  }
  expect(record).toEqual(callRecord(events))
})

test('a call whose arrival was lost still has a record', () => {
  expect(callRecord(happened({ type: 'call.answered', legId: 'a' }, { type: 'call.ended', ending: 'engineFault' }))).toMatchObject({
    callId: 'one',
    arrivedAt: 1_000,
    ending: 'engineFault',
  })
  expect(callRecord([])).toBeUndefined()
})

test('refs are specialists tried: a practice or a patient who is rung does not count, whatever the call; without a line there is no wait', () => {
  const rung = (attempt: string, pool: 'local' | 'ncn' | 'direct', result: 'accepted' | 'connected' | 'noAnswer'): CallFact[] => [
    { type: 'attempt.started', attempt, candidate: `candidate:${attempt}`, label: attempt, pool, target: 'sip:x@y' },
    ...(result === 'accepted'
      ? [
          {
            type: 'attempt.accepted' as const,
            attempt,
            proof: { heard: { kind: 'key' as const, key: '1', source: 'rfc4733' as const }, legId: 'a', heardAt: 1_000 },
          },
        ]
      : []),
    { type: 'attempt.ended', attempt, result },
  ]
  const arrived: CallFact = {
    type: 'call.arrived',
    kind: 'dialIn',
    callerNumber: '01632960101',
    dialledNumber: '01632960001',
    organisation: 'elm-row',
    source: '127.0.0.1:5070/udp',
  }
  const practice = callRecord(
    happened(
      arrived,
      { type: 'organisation.chosen', organisation: 'harbour-lane' },
      ...rung('bypass', 'direct', 'noAnswer'),
      ...rung('reception', 'direct', 'connected'),
      { type: 'call.ended', ending: 'completed' },
    ),
  )
  expect([practice?.refs, practice?.attempts.length, practice?.waitMs, practice?.line]).toEqual([0, 2, undefined, undefined])
  // The engine rings the clinician on two telephones, then the patient.
  const patient = callRecord(
    happened(
      { type: 'call.placed', kind: 'patientConnect', arrangement: 'x', clinician: 'dr-okafor' },
      ...rung('desk', 'local', 'noAnswer'),
      ...rung('mobile', 'local', 'accepted'),
      ...rung('patient', 'direct', 'connected'),
      { type: 'call.ended', ending: 'completed' },
    ),
  )
  expect([patient?.refs, patient?.attempts.length, patient?.waitMs, patient?.line]).toEqual([2, 3, undefined, undefined])
  const network = callRecord(
    happened(
      arrived,
      { type: 'line.chosen', line: 'cardiology', by: 'code' },
      ...rung('local', 'local', 'noAnswer'),
      ...rung('ncn', 'ncn', 'accepted'),
    ),
  )
  expect(network?.refs).toBe(2)
})
