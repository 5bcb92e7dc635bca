import { expect, test } from 'vitest'
import { afterTalking, goodCall, specialistsNumber, untilTalking } from '../../test/kit/sample-call.js'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import { createLiveBoard, type LiveBoard } from './live-board.js'

const names = {
  organisation: (id: string) => ({ 'elm-row': 'Elm Row Surgery' })[id],
  line: (id: string) => ({ cardiology: 'Cardiology' })[id],
}

function board(): { readonly live: LiveBoard; readonly tell: (callId: string, fact: CallFact) => void } {
  const listeners = new Set<(event: CallEvent) => void>()
  const live = createLiveBoard(
    {
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    names,
  )
  let at = 0
  const tell = (callId: string, fact: CallFact) => {
    at += 1_000
    for (const listener of listeners) listener({ ...unknownOrigin, callId, seq: at / 1_000, at, ...fact })
  }
  return { live, tell }
}

test('the wallboard follows a call from the ring to the end', () => {
  const { live, tell } = board()
  const stages: string[] = []
  live.subscribe((change) =>
    stages.push(change.kind === 'over' ? 'over' : `${change.call.stage}${change.call.ringing ? ` ${change.call.ringing.label}` : ''}`),
  )
  for (const fact of goodCall('one')) tell('one', fact)
  expect(stages.filter((stage, index) => stage !== stages[index - 1])).toEqual([
    'arrived',
    'answered',
    'hunting',
    'ringing Dr Okafor',
    'hunting',
    'ringing On-call mobile',
    'whisper On-call mobile',
    'connecting On-call mobile',
    'talking',
    'ending',
    'outcome',
    'over',
  ])
  expect(live.calls()).toEqual([])
})

test('while they talk it shows with whom, since when, whether it is recorded and who was tried', () => {
  const { live, tell } = board()
  for (const fact of untilTalking('one')) tell('one', fact)
  expect(live.calls()).toMatchObject([
    {
      stage: 'talking',
      organisationName: 'Elm Row Surgery',
      lineName: 'Cardiology',
      talkingTo: 'On-call mobile',
      waitingSince: 3_000,
      talkingSince: 16_000,
      recording: true,
      attempts: [
        { label: 'Dr Okafor', result: 'noAnswer' },
        { label: 'On-call mobile', result: 'accepted' },
      ],
    },
  ])
})

/** Stages as they follow one another, each once, with whom it is about. */
function stagesOf(facts: readonly CallFact[]): readonly string[] {
  const { live, tell } = board()
  const stages: string[] = []
  live.subscribe((change) =>
    stages.push(
      change.kind === 'over' ? 'over' : [change.call.stage, change.call.ringing?.label ?? change.call.talkingTo].filter(Boolean).join(' '),
    ),
  )
  for (const fact of facts) tell('one', fact)
  return stages.filter((stage, index) => stage !== stages[index - 1])
}

const arrived: CallFact = {
  type: 'call.arrived',
  kind: 'dialIn',
  callerNumber: '01632960101',
  dialledNumber: '01632960001',
  organisation: 'elm-row',
  source: '127.0.0.1:5070/udp',
}

test('a practice or a patient who answers is being connected: nobody asks them to accept', () => {
  const reached = (attempt: string, label: string): readonly CallFact[] => [
    { type: 'hunt.started', pool: 'direct', candidates: 1 },
    { type: 'attempt.started', attempt, candidate: attempt, label, pool: 'direct', target: '+441632960201' },
    { type: 'attempt.ringing', attempt },
    { type: 'attempt.answered', attempt, legId: 'b' },
    { type: 'attempt.ended', attempt, result: 'connected' },
    { type: 'hunt.ended', result: 'connected' },
    { type: 'talk.started', attempt },
    { type: 'talk.ended', by: 'called', why: 'hangup' },
    { type: 'call.ended', ending: 'completed' },
  ]
  const practice = stagesOf([
    arrived,
    { type: 'call.answered', legId: 'a' },
    { type: 'organisation.chosen', organisation: 'harbour-lane' },
    ...reached('p', 'Harbour Lane Practice'),
  ])
  expect(practice).toEqual([
    'arrived',
    'answered',
    'hunting',
    'ringing Harbour Lane Practice',
    'connecting Harbour Lane Practice',
    'talking Harbour Lane Practice',
    'ending Harbour Lane Practice',
    'over',
  ])
  const patient = stagesOf([
    { type: 'call.placed', kind: 'patientConnect', arrangement: 'x', clinician: 'dr-okafor' },
    {
      type: 'attempt.started',
      attempt: 'c',
      candidate: 'clinician:dr-okafor',
      label: 'Dr Okafor',
      clinician: 'dr-okafor',
      pool: 'local',
      target: specialistsNumber,
    },
    { type: 'attempt.answered', attempt: 'c', legId: 'a' },
    { type: 'whisper.started', attempt: 'c', repetition: 1 },
    { type: 'attempt.accepted', attempt: 'c', proof: { heard: { kind: 'key', key: '1', source: 'rfc4733' }, legId: 'a', heardAt: 1 } },
    { type: 'attempt.ended', attempt: 'c', result: 'accepted' },
    ...reached('p', 'Patient'),
  ])
  expect(patient.slice(0, 4)).toEqual(['arrived', 'ringing Dr Okafor', 'whisper Dr Okafor', 'connecting Dr Okafor'])
  expect(patient.filter((stage) => stage.startsWith('whisper'))).toEqual(['whisper Dr Okafor'])
  // In words for staff it is the clinician's call, from acceptance to the end.
  expect(patient.slice(-5)).toEqual(['ringing Patient', 'connecting Patient', 'talking Dr Okafor', 'ending Dr Okafor', 'over'])
})

test('a clinician who is called back by a code is asked to accept, and shown so', () => {
  const stages = stagesOf([
    arrived,
    { type: 'arrangement.taken', arrangement: 'x', kind: 'callBackCode' },
    {
      type: 'attempt.started',
      attempt: 'c',
      candidate: 'phone:+441632960101',
      label: 'Elm Row Surgery',
      pool: 'direct',
      target: '+441632960101',
    },
    { type: 'attempt.answered', attempt: 'c', legId: 'b' },
    { type: 'whisper.started', attempt: 'c', repetition: 1 },
    { type: 'attempt.ended', attempt: 'c', result: 'notAccepted' },
  ])
  expect(stages).toEqual(['arrived', 'ringing Elm Row Surgery', 'connecting Elm Row Surgery', 'whisper Elm Row Surgery', 'hunting'])
})

test('no number of a specialist reaches the wallboard', () => {
  const { live, tell } = board()
  const seen: string[] = []
  live.subscribe((change) => seen.push(change.kind === 'call' ? JSON.stringify(change) : ''))
  for (const fact of goodCall('one')) tell('one', fact)
  expect(seen.join()).not.toContain(specialistsNumber)
  expect(seen.join()).not.toContain(specialistsNumber.slice(-6))
})

test('calls stand side by side, the longest first, and facts that come after a call change nothing', () => {
  const { live, tell } = board()
  for (const id of ['one', 'two', 'three']) for (const fact of untilTalking(id)) tell(id, fact)
  for (const fact of afterTalking('two')) tell('two', fact)
  tell('two', { type: 'recording.ready', recordingId: 'two-r', path: 'x', bytes: 1, seconds: 1, sha256: '' })
  expect(live.calls().map((call) => call.callId)).toEqual(['one', 'three'])
})

test('times are those of the board’s own clock, whatever the wall clock does, also of a call of which it hears late', () => {
  const listeners = new Set<(event: CallEvent) => void>()
  const clock = { mono: 500_000, wall: 1_700_000_000_000, monotonic: () => clock.mono, now: () => clock.wall }
  const live = createLiveBoard({ subscribe: (listener) => (listeners.add(listener), () => listeners.delete(listener)) }, names, clock)
  const tell = (event: CallEvent) => {
    for (const listener of listeners) listener(event)
  }
  const changes: number[] = []
  const stop = live.subscribe((change) => changes.push(change.kind === 'call' ? change.call.lastedMs : -1))
  tell({ ...unknownOrigin, callId: 'new', seq: 1, at: clock.wall, elapsedMs: 0, ...arrived })
  // An older engine's fact, without its own clock, told three seconds late.
  tell({ ...unknownOrigin, callId: 'late', seq: 1, at: clock.wall - 3_000, ...arrived })
  expect(changes).toEqual([0, 3_000])
  clock.mono += 10_000
  clock.wall -= 3_600_000
  expect(live.calls().map(({ callId, lastedMs }) => [callId, lastedMs])).toEqual([
    ['new', 10_000],
    ['late', 13_000],
  ])
  tell({ ...unknownOrigin, callId: 'new', seq: 2, at: clock.wall, elapsedMs: 10_000, type: 'menu.keyed', keys: '2', understood: true })
  expect(changes).toHaveLength(2)
  stop()
  tell({ ...unknownOrigin, callId: 'new', seq: 3, at: clock.wall, elapsedMs: 10_000, type: 'call.answered', legId: 'a' })
  expect(changes).toHaveLength(2)
  live.close()
  expect(live.calls()).toEqual([])
  expect(listeners.size).toBe(0)
})
