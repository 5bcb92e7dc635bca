import { describe, expect, it } from 'vitest'
import { unknownOrigin } from '../facts/actor.js'
import type { CallFact } from '../facts/events.js'
import { follow, shown, type LiveCall, type TrackedCall } from './live-call.js'

const names = {
  organisation: (id: string) => (id === 'elm-row' ? 'Elm Row Surgery' : undefined),
  line: (id: string) => (id === 'cardiology' ? 'Cardiology' : undefined),
}
const began = 1_700_000_000_000

/** Facts at given seconds of the call's own clock; the wall clock runs with it. */
function after(...facts: readonly (readonly [seconds: number, fact: CallFact])[]): (nowSeconds: number) => LiveCall | undefined {
  const tracked = facts.reduce<TrackedCall | undefined>(
    (before, [seconds, fact], index) =>
      follow(
        before,
        { ...unknownOrigin, callId: 'one', seq: index + 1, at: began + seconds * 1_000, elapsedMs: seconds * 1_000, ...fact },
        names,
      ),
    undefined,
  )
  return (nowSeconds) => tracked && shown(tracked, nowSeconds * 1_000)
}

const arrived: CallFact = {
  type: 'call.arrived',
  kind: 'dialIn',
  callerNumber: '01632960101',
  dialledNumber: '01632960001',
  organisation: 'elm-row',
  source: '127.0.0.1:5070/udp',
}
const rings = (attempt: string, label: string): Extract<CallFact, { type: 'attempt.started' }> => ({
  type: 'attempt.started',
  attempt,
  candidate: attempt,
  label,
  pool: 'local',
  target: '+447700900123',
})
const accepts = (attempt: string): CallFact => ({
  type: 'attempt.accepted',
  attempt,
  proof: { heard: { kind: 'key', key: '1', source: 'rfc4733' }, legId: 'b', heardAt: began },
})

const untilHunt = [
  [0, arrived],
  [1, { type: 'call.answered', legId: 'a' }],
  [4, { type: 'line.chosen', line: 'cardiology', by: 'only' }],
  [4, { type: 'hunt.started', pool: 'local', candidates: 2 }],
] as const satisfies readonly (readonly [number, CallFact])[]

const whole = {
  callId: 'one',
  kind: 'dialIn',
  arrivedAt: began,
  callerNumber: '01632960101',
  dialledNumber: '01632960001',
  organisation: 'elm-row',
  organisationName: 'Elm Row Surgery',
  recording: false,
} as const
const onTheLine = { ...whole, line: 'cardiology', lineName: 'Cardiology', waitingSince: began + 4_000, toRing: 2 } as const

describe('a call on the board, to the last field', () => {
  it('has just arrived', () => {
    expect(after([0, arrived])(3)).toEqual({ ...whole, stage: 'arrived', stageSince: began, attempts: [], lastedMs: 3_000, stageMs: 3_000 })
  })

  it('of an organisation that the directory does not name, or of none', () => {
    expect(after([0, { ...arrived, organisation: 'gone' }])(0)).not.toHaveProperty('organisationName')
    expect(after([0, { ...arrived, organisation: 'gone' }])(0)).toMatchObject({ organisation: 'gone' })
    const { organisation, ...unknown } = arrived
    expect(organisation).toBe('elm-row')
    const view = after([0, unknown])(0)
    expect(view).not.toHaveProperty('organisation')
    expect(view).not.toHaveProperty('organisationName')
  })

  it('that the engine placed has no caller', () => {
    expect(after([0, { type: 'call.placed', kind: 'patientConnect', arrangement: 'x', clinician: 'dr-okafor' }])(1)).toEqual({
      callId: 'one',
      kind: 'patientConnect',
      stage: 'arrived',
      stageSince: began,
      arrivedAt: began,
      callerNumber: '',
      dialledNumber: '',
      attempts: [],
      recording: false,
      lastedMs: 1_000,
      stageMs: 1_000,
    })
  })

  it('waits from the choice of the line, while stages come and go', () => {
    expect(after(...untilHunt)(5)).toEqual({
      ...onTheLine,
      stage: 'hunting',
      stageSince: began + 4_000,
      attempts: [],
      lastedMs: 5_000,
      stageMs: 1_000,
      waitedMs: 1_000,
    })
    expect(after(...untilHunt, [6, rings('1', 'Dr Okafor')], [7, { type: 'attempt.ringing', attempt: '1' }])(10)).toEqual({
      ...onTheLine,
      stage: 'ringing',
      stageSince: began + 6_000,
      ringing: { label: 'Dr Okafor', pool: 'local', since: began + 6_000, answered: false },
      attempts: [{ label: 'Dr Okafor', pool: 'local' }],
      lastedMs: 10_000,
      stageMs: 4_000,
      waitedMs: 6_000,
    })
  })

  it('whose first number did not answer is hunted on; the whisper to the next is one stage, however often it is said', () => {
    const view = after(...untilHunt, [6, rings('1', 'Dr Okafor')], [26, { type: 'attempt.ended', attempt: '1', result: 'noAnswer' }])(27)
    expect(view).toMatchObject({
      stage: 'hunting',
      stageSince: began + 26_000,
      attempts: [{ label: 'Dr Okafor', pool: 'local', result: 'noAnswer' }],
      waitedMs: 23_000,
    })
    expect(view?.ringing).toBeUndefined()
    const whispering = after(
      ...untilHunt,
      [6, rings('1', 'Dr Okafor')],
      [26, { type: 'attempt.ended', attempt: '1', result: 'noAnswer' }],
      [26, rings('2', 'On-call mobile')],
      [30, { type: 'attempt.answered', attempt: '2', legId: 'b' }],
      [30, { type: 'whisper.started', attempt: '2', repetition: 1 }],
      [38, { type: 'whisper.started', attempt: '2', repetition: 2 }],
    )(40)
    expect(whispering).toMatchObject({
      stage: 'whisper',
      stageSince: began + 30_000,
      stageMs: 10_000,
      ringing: { label: 'On-call mobile', answered: true, since: began + 26_000 },
      attempts: [{ result: 'noAnswer' }, { label: 'On-call mobile' }],
    })
    expect(whispering?.attempts[1]).not.toHaveProperty('result')
  })

  it('says how many there are to ring, once more when the hunt goes on in the NCN, and whose telephone rings', () => {
    const local = [
      ...untilHunt,
      [6, { ...rings('1', 'Dr Okafor'), clinician: 'dr-okafor' }],
      [26, { type: 'attempt.ended', attempt: '1', result: 'noAnswer' }],
    ] as const satisfies readonly (readonly [number, CallFact])[]
    expect(after(...local)(27)).toMatchObject({ toRing: 2, attempts: [{ label: 'Dr Okafor', clinician: 'dr-okafor' }] })
    expect(after(...local, [30, { type: 'hunt.started', pool: 'ncn', candidates: 3 }])(31)).toMatchObject({ toRing: 5 })
    // Taken over by another engine, the same people are hunted once more.
    expect(after(...local, [30, { type: 'hunt.started', pool: 'local', candidates: 2 }])(31)).toMatchObject({ toRing: 2 })
  })

  const accepted = [
    ...untilHunt,
    [6, rings('1', 'Dr Okafor')],
    [12, { type: 'attempt.answered', attempt: '1', legId: 'b' }],
    [20, accepts('1')],
  ] as const satisfies readonly (readonly [number, CallFact])[]

  it('that was accepted waits no more, and is talked from the acceptance on', () => {
    expect(after(...accepted)(25)).toMatchObject({
      stage: 'connecting',
      stageMs: 5_000,
      talkingTo: 'Dr Okafor',
      waitedMs: 16_000,
      attempts: [{ result: 'accepted' }],
    })
    const talking = after(
      ...accepted,
      [20, { type: 'attempt.ended', attempt: '1', result: 'accepted' }],
      [20, { type: 'hunt.ended', result: 'accepted' }],
      [21, { type: 'recording.started', recordingId: 'r', spoolPath: 'p' }],
      [21, { type: 'talk.started', attempt: '1' }],
    )
    expect(talking(50)).toEqual({
      ...onTheLine,
      recording: true,
      stage: 'talking',
      stageSince: began + 21_000,
      ringing: undefined,
      talkingSince: began + 21_000,
      talkingTo: 'Dr Okafor',
      attempts: [{ label: 'Dr Okafor', pool: 'local', result: 'accepted' }],
      lastedMs: 50_000,
      stageMs: 29_000,
      waitedMs: 16_000,
      talkedMs: 30_000,
    })
  })

  it('whose acceptance led to no talk waits on as if there had been none, and talks from the acceptance that did', () => {
    const undone = after(...accepted, [21, { type: 'attempt.ended', attempt: '1', result: 'answeredThenHungUp' }])(30)
    expect(undone).toMatchObject({ stage: 'hunting', waitedMs: 26_000, attempts: [{ result: 'answeredThenHungUp' }] })
    expect(undone?.talkingTo).toBeUndefined()
    const next = after(
      ...accepted,
      [21, { type: 'attempt.ended', attempt: '1', result: 'answeredThenHungUp' }],
      [21, rings('2', 'On-call mobile')],
      [30, accepts('2')],
      [30, { type: 'attempt.ended', attempt: '2', result: 'accepted' }],
      [31, { type: 'talk.started', attempt: '2' }],
    )
    expect(next(40)).toMatchObject({ talkingTo: 'On-call mobile', waitedMs: 26_000, talkedMs: 10_000 })
  })

  it('whose other attempt ends keeps its acceptance', () => {
    expect(
      after(
        ...untilHunt,
        [6, rings('1', 'Dr Okafor')],
        [6, rings('2', 'On-call mobile')],
        [20, accepts('2')],
        [21, { type: 'attempt.ended', attempt: '1', result: 'cancelled' }],
      )(30),
    ).toMatchObject({ talkingTo: 'On-call mobile', waitedMs: 16_000 })
  })

  it('that ends shows what it was: the talk stands still, the recording is over, the outcome is asked for', () => {
    const facts = [
      ...accepted,
      [21, { type: 'recording.started', recordingId: 'r', spoolPath: 'p' }],
      [21, { type: 'talk.started', attempt: '1' }],
      [80, { type: 'talk.ended', by: 'specialist', why: 'hangup' }],
    ] as const satisfies readonly (readonly [number, CallFact])[]
    expect(after(...facts)(90)).toMatchObject({ stage: 'ending', stageMs: 10_000, recording: true, talkedMs: 60_000 })
    expect(
      after(...facts, [80, { type: 'recording.stopped', recordingId: 'r' }], [81, { type: 'outcome.asked', of: 'caller' }])(90),
    ).toMatchObject({ stage: 'outcome', stageMs: 9_000, recording: false, talkedMs: 60_000 })
    expect(after(...facts, [80, { type: 'recording.failed', recordingId: 'r', stage: 'store', why: 'disk full' }])(90)).toMatchObject({
      recording: false,
    })
    expect(after(...facts, [95, { type: 'call.ended', ending: 'completed' }])(96)).toBeUndefined()
  })

  it('for whom nobody came waits no longer than the hunt', () => {
    expect(
      after(
        ...untilHunt,
        [6, rings('1', 'Dr Okafor')],
        [26, { type: 'attempt.ended', attempt: '1', result: 'noAnswer' }],
        [26, { type: 'hunt.ended', result: 'nobody' }],
      )(40),
    ).toMatchObject({ stage: 'ending', stageMs: 14_000, waitedMs: 22_000 })
  })

  it('to a closed line names it, and does not wait', () => {
    const view = after(
      [0, arrived],
      [1, { type: 'call.answered', legId: 'a' }],
      [3, { type: 'line.refused', line: 'cardiology', why: 'closed' }],
    )(5)
    expect(view).toMatchObject({ stage: 'ending', line: 'cardiology', lineName: 'Cardiology' })
    expect(view).not.toHaveProperty('waitedMs')
    const unnamed = after([0, arrived], [3, { type: 'line.refused', line: 'gone', why: 'closed' }])(5)
    expect(unnamed).toMatchObject({ line: 'gone' })
    expect(unnamed).not.toHaveProperty('lineName')
  })

  it('that leaves its line for an arranged call waits for nobody on it', () => {
    const view = after(...untilHunt, [6, { type: 'arrangement.taken', arrangement: 'x', kind: 'callBackCode' }])(9)
    expect(view).toMatchObject({ kind: 'callBackCode', stage: 'hunting' })
    for (const field of ['line', 'lineName', 'waitingSince', 'waitedMs', 'toRing']) expect(view).not.toHaveProperty(field)
  })

  it('of which only the wall clock is known is timed by it, and never backwards', () => {
    const tracked = [arrived, { type: 'call.answered', legId: 'a' } as const].reduce<TrackedCall | undefined>(
      (before, fact, index) => follow(before, { ...unknownOrigin, callId: 'one', seq: index, at: began + index * 2_000, ...fact }, names),
      undefined,
    )
    expect(tracked && shown(tracked, 5_000)).toMatchObject({ stage: 'answered', lastedMs: 5_000, stageMs: 3_000 })
    const setBack = [arrived, { type: 'call.answered', legId: 'a' } as const].reduce<TrackedCall | undefined>(
      (before, fact, index) => follow(before, { ...unknownOrigin, callId: 'one', seq: index, at: began - index * 2_000, ...fact }, names),
      undefined,
    )
    expect(setBack && shown(setBack, 5_000)).toMatchObject({ stageMs: 5_000 })
    expect(setBack && shown(setBack, -5_000)).toMatchObject({ lastedMs: 0 })
  })

  it('that is not known is not begun by a fact in its middle', () => {
    expect(after([5, { type: 'talk.started', attempt: '1' }])(6)).toBeUndefined()
  })

  it.each<CallFact>([
    { type: 'attempt.ringing', attempt: '1' },
    { type: 'menu.keyed', keys: '2' },
    { type: 'candidate.passedOver', candidate: 'clinician:x', why: 'onACall' },
    { type: 'whisper.wrongKey', attempt: '1', key: '2' },
    { type: 'recording.ready', recordingId: 'r', path: 'p', bytes: 1, seconds: 1, sha256: '' },
    { type: 'outcome.left', outcome: 'avoided', by: 'caller' },
    { type: 'alarm.raised', alarm: 'speech.failed', detail: '' },
  ] as CallFact[])('shows nothing of $type', (fact) => {
    const before = follow(undefined, { ...unknownOrigin, callId: 'one', seq: 1, at: began, elapsedMs: 0, ...arrived }, names)
    expect(follow(before, { ...unknownOrigin, callId: 'one', seq: 2, at: began + 1, elapsedMs: 1, ...fact }, names)).toBe(before)
  })
})
