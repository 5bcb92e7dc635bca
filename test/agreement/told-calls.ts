import fc from 'fast-check'
import { unknownOrigin } from '../../src/facts/actor.js'
import type { AttemptResult, CallEvent, CallFact, CallKind } from '../../src/facts/events.js'

/** A fact, and how much later than the one before it came: by the monotonic clock, and what the wall clock was set by meanwhile. */
interface Told {
  readonly fact: CallFact
  readonly afterMs: number
  readonly setMs: number
}

type Facts = (callId: string) => readonly CallFact[]

const began = Date.UTC(2026, 2, 10, 12)
const people = ['Dr One', 'Dr Two', 'Ward phone']

const unanswered = fc.constantFrom<AttemptResult>('busy', 'declined', 'unavailable', 'badNumber', 'noAnswer', 'failed', 'cancelled')
const cameToNothing = fc.constantFrom<AttemptResult>('answeredThenHungUp', 'failed', 'cancelled')
const notAccepted = fc.constantFrom<AttemptResult>('notAccepted', 'answeredThenHungUp', 'failed', 'cancelled')

/** One ringing that came to nothing; at its worst after the acceptance. */
const inVain = fc.oneof(
  unanswered.map((result) => ({ until: 'rung' as const, result })),
  notAccepted.map((result) => ({ until: 'answered' as const, result })),
  cameToNothing.map((result) => ({ until: 'accepted' as const, result })),
)

interface Ringing {
  readonly until: 'rung' | 'answered' | 'accepted' | 'talked'
  readonly result: AttemptResult
  readonly who: number
}

function ringing(callId: string, nth: number, { until, result, who }: Ringing, pool: 'local' | 'direct'): readonly CallFact[] {
  const attempt = `${callId}-${nth}`
  const legId = `${attempt}-leg`
  const facts: CallFact[] = [
    { type: 'attempt.started', attempt, candidate: `phone:${who}`, label: people[who] ?? '', pool, target: `+4416329600${who}0` },
    { type: 'attempt.ringing', attempt },
  ]
  if (until !== 'rung') facts.push({ type: 'attempt.answered', attempt, legId })
  if (until !== 'rung' && result !== 'connected') facts.push({ type: 'whisper.started', attempt, repetition: 1 })
  if ((until === 'accepted' || until === 'talked') && result !== 'connected')
    facts.push({ type: 'attempt.accepted', attempt, proof: { heard: { kind: 'key', key: '1', source: 'rfc4733' }, legId, heardAt: 0 } })
  if (until === 'talked') facts.push({ type: 'talk.started', attempt })
  return [...facts, { type: 'attempt.ended', attempt, result }]
}

/** Every way in which a call can go, as the flows tell it. */
const story: fc.Arbitrary<Facts> = fc
  .record({
    kind: fc.constantFrom<CallKind>('dialIn', 'line', 'pifuAnswer', 'bypass'),
    vain: fc.array(fc.tuple(inVain, fc.nat(people.length - 1)), { maxLength: 4 }),
    last: fc.constantFrom('talk', 'nobody', 'gone', 'star', 'fault'),
    who: fc.nat(people.length - 1),
    outcomes: fc.array(fc.constantFrom('referral-avoided', 'referral-made'), { maxLength: 2 }),
    recording: fc.constantFrom('none', 'ready', 'failed', 'failedThenReady', 'readyThenFailed', 'readyThenDeleted'),
  })
  .map(({ kind, vain, last, who, outcomes, recording }) => (callId: string): readonly CallFact[] => {
    const direct = kind === 'bypass'
    const pool = direct ? 'direct' : 'local'
    const result = direct ? 'connected' : 'accepted'
    const ringings = vain.map(([each, index]): Ringing => ({
      ...(direct && each.until === 'accepted' ? { ...each, until: 'answered' } : each),
      who: index,
    }))
    const recordingId = `${callId}-r`
    const failed: CallFact = { type: 'recording.failed', recordingId, stage: 'encode', why: 'no room' }
    const ready: CallFact = { type: 'recording.ready', recordingId, path: 'a.mp3', bytes: 1, seconds: 1, sha256: 'ff' }
    const made = {
      none: [],
      ready: [ready],
      failed: [failed],
      failedThenReady: [failed, ready],
      readyThenFailed: [ready, failed],
      readyThenDeleted: [ready, { type: 'recording.deleted', recordingId, certificate: 'c', rule: 'r' } as const, failed],
    }[recording]
    const talked: readonly CallFact[] = [
      { type: 'hunt.ended', result },
      ...(recording === 'none' ? [] : [{ type: 'recording.started', recordingId, spoolPath: '/spool/a.wav' } as const]),
      { type: 'talk.ended', by: 'caller', why: 'hangup' },
      ...(recording === 'none' ? [] : [{ type: 'recording.stopped', recordingId } as const]),
      ...outcomes.map((outcome): CallFact => ({ type: 'outcome.left', outcome, by: 'caller' })),
      { type: 'call.ended', ending: 'completed' },
      ...made,
    ]
    const ends: Record<typeof last, readonly CallFact[]> = {
      talk: [...ringing(callId, 9, { until: 'talked', result, who }, pool), ...talked],
      nobody: [
        { type: 'hunt.ended', result: 'nobody' },
        { type: 'call.ended', ending: 'unanswered' },
      ],
      gone: [
        { type: 'hunt.ended', result: 'callerGone' },
        { type: 'call.ended', ending: 'abandonedInHunt' },
      ],
      star: [
        { type: 'hunt.ended', result: 'calledOff' },
        { type: 'arrangement.taken', arrangement: 'pc', kind: 'patientConnect' },
        ...ringing(callId, 9, { until: 'talked', result: 'connected', who }, 'direct'),
        ...talked.map((fact) => (fact.type === 'hunt.ended' ? { ...fact, result: 'connected' as const } : fact)),
      ],
      fault: [{ type: 'call.ended', ending: 'engineFault' }],
    }
    return [
      { type: 'call.arrived', kind, callerNumber: '+441632960001', dialledNumber: '01632960000', source: 'udp:192.0.2.1:5060' },
      { type: 'call.answered', legId: `${callId}-a` },
      ...(direct
        ? [{ type: 'organisation.chosen', organisation: 'elm-row' } as const]
        : [{ type: 'line.chosen', line: 'cardiology', by: 'only' } as const]),
      { type: 'hunt.started', pool, candidates: 3 },
      ...ringings.flatMap((each, index) => ringing(callId, index + 1, each, pool)),
      ...ends[last],
    ]
  })

const dayMs = 24 * 60 * 60_000
const clockSet = fc.oneof(
  { weight: 12, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(26 * 60 * 60_000, -26 * 60 * 60_000, 5_000, -5_000, 400 * dayMs) },
)

/** Some calls with every fact at its moment, on a machine whose clock is set now and then. */
export const toldCalls: fc.Arbitrary<(prefix: string) => readonly CallEvent[]> = fc
  .array(fc.tuple(story, fc.infiniteStream(fc.tuple(fc.nat(40_000), clockSet))), { minLength: 1, maxLength: 4 })
  .map((stories) => {
    const calls = stories.map(([facts, moments]) => ({ facts, moments: [...moments.take(80)] }))
    return (prefix) =>
      calls.flatMap(({ facts, moments }, nth) =>
        events(
          `${prefix}-${nth}`,
          facts(`${prefix}-${nth}`).map((fact, index) => ({ fact, afterMs: moments[index]?.[0] ?? 0, setMs: moments[index]?.[1] ?? 0 })),
        ),
      )
  })

function events(callId: string, told: readonly Told[]): readonly CallEvent[] {
  let elapsedMs = 0
  let at = began
  return told.map(({ fact, afterMs, setMs }, index) => {
    if (index > 0) elapsedMs += afterMs
    at += index > 0 ? afterMs + setMs : 0
    // What was heard was heard when it was told.
    const now: CallFact = fact.type === 'attempt.accepted' ? { ...fact, proof: { ...fact.proof, heardAt: at } } : fact
    return { ...unknownOrigin, callId, seq: index + 1, at, elapsedMs, ...now }
  })
}
