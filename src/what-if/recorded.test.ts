import { describe, expect, it } from 'vitest'
import { knownTimeZone } from '../directory/time-zone.js'
import { unknownOrigin } from '../facts/actor.js'
import { callRecord } from '../facts/call-record.js'
import type { AttemptResult, CallEvent, CallFact } from '../facts/events.js'
import type { PastRinging } from '../store/past-ringing.js'
import { huntedCalls, observed, timesInForce } from './recorded.js'

const london = knownTimeZone('Europe/London')
/** 10:30 in London, in summer. */
const start = Date.UTC(2026, 6, 1, 9, 30)

/** Facts, each with its second. */
function record(callId: string, facts: readonly (readonly [number, CallFact])[]) {
  const events = facts.map(([at, fact], index): CallEvent => ({
    ...unknownOrigin,
    callId,
    seq: index + 1,
    at: start + at * 1_000,
    ...fact,
  }))
  return callRecord(events)!
}

const arrived: readonly [number, CallFact] = [0, { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '', source: '' }]
const chosen: readonly [number, CallFact] = [10, { type: 'line.chosen', line: 'cardiology', by: 'code' }]
const rung = (at: number, nth: number): readonly [number, CallFact] => [
  at,
  {
    type: 'attempt.started',
    attempt: `a-${nth}`,
    candidate: `clinician:dr-${nth}`,
    label: `Dr ${nth}`,
    pool: 'local',
    target: `+44${nth}`,
  },
]
const ended = (at: number, nth: number, result: AttemptResult): readonly [number, CallFact] => [
  at,
  { type: 'attempt.ended', attempt: `a-${nth}`, result },
]
const accepted = (at: number, nth: number): readonly [number, CallFact] => [
  at,
  {
    type: 'attempt.accepted',
    attempt: `a-${nth}`,
    proof: { heard: { kind: 'key', key: '1', source: 'rfc4733' }, legId: 'l', heardAt: start + at * 1_000 },
  },
]
const over = (at: number, ending: Extract<CallFact, { type: 'call.ended' }>['ending']): readonly [number, CallFact] => [
  at,
  { type: 'call.ended', ending },
]

describe('the replayed calls, and what is known of them', () => {
  it('an accepted call: its wait from the choice of the line, its talk, and a caller who waited at least that long', () => {
    const call = record('one', [
      arrived,
      chosen,
      rung(10, 1),
      ended(30, 1, 'noAnswer'),
      rung(30, 2),
      accepted(42, 2),
      ended(42, 2, 'accepted'),
      [42, { type: 'hunt.ended', result: 'accepted' }],
      [42, { type: 'talk.started', attempt: 'a-2' }],
      [142, { type: 'talk.ended', by: 'caller', why: 'hangup' }],
      over(150, 'completed'),
    ])
    expect(huntedCalls([call], london)).toEqual({
      hunted: [
        {
          callId: 'one',
          arrivedAt: start,
          huntAt: start + 10_000,
          hour: 10,
          patience: { atMs: 32_000, cause: undefined },
          talkMs: 100_000,
          result: { waitMs: 32_000, refs: 2 },
        },
      ],
      broken: 0,
      withoutHunt: 0,
    })
  })

  it.each([
    ['nobody accepted', 'unanswered', { atMs: 40_000, cause: undefined }],
    ['a patient who asked to be called back', 'callBackRequested', { atMs: 40_000, cause: undefined }],
    ['a caller who hung up in the hunt', 'abandonedInHunt', { atMs: 40_000, cause: 'hangsUp' }],
  ] as const)('%s: no wait, and the patience that is known', (_name, ending, patience) => {
    const call = record('one', [
      arrived,
      chosen,
      rung(10, 1),
      ended(50, 1, 'noAnswer'),
      [50, { type: 'hunt.ended', result: 'nobody' }],
      over(70, ending),
    ])
    expect(huntedCalls([call], london).hunted).toMatchObject([{ patience, talkMs: undefined, result: { waitMs: undefined, refs: 1 } }])
  })

  it.each([
    ['given up in the menu', [arrived, over(9, 'abandonedInMenu')], { broken: 0, withoutHunt: 1 }],
    ['left for a PIN with *', [arrived, chosen, rung(10, 1), over(30, 'wrongCode')], { broken: 0, withoutHunt: 1 }],
    [
      'arranged beforehand',
      [arrived, chosen, [11, { type: 'arrangement.taken', arrangement: 'x', kind: 'patientConnect' }], over(30, 'completed')],
      { broken: 0, withoutHunt: 1 },
    ],
    ['broken off when the engine died', [arrived, chosen, rung(10, 1), over(30, 'interrupted')], { broken: 1, withoutHunt: 0 }],
    ['still running', [arrived, chosen, rung(10, 1)], { broken: 1, withoutHunt: 0 }],
  ] as const)('a call %s is left out and counted', (_name, facts, left) => {
    expect(huntedCalls([record('one', facts as readonly (readonly [number, CallFact])[])], london)).toEqual({ hunted: [], ...left })
  })

  it('a call that the engine lost after the acceptance still counts as accepted', () => {
    const call = record('one', [arrived, chosen, rung(10, 1), accepted(20, 1), ended(20, 1, 'accepted'), over(60, 'interrupted')])
    expect(huntedCalls([call], london).hunted).toMatchObject([{ result: { waitMs: 10_000 }, talkMs: undefined }])
  })
})

function ringing(
  result: AttemptResult,
  seconds: { readonly answered?: number; readonly accepted?: number; readonly ended: number },
): PastRinging {
  const at = (second: number | undefined) => (second === undefined ? undefined : start + second * 1_000)
  return {
    callId: 'c',
    attempt: 'c-1',
    line: 'cardiology',
    candidate: 'clinician:a',
    label: 'A',
    pool: 'local',
    target: '+441',
    startedAt: start,
    answeredAt: at(seconds.answered),
    acceptedAt: at(seconds.accepted),
    endedAt: start + seconds.ended * 1_000,
    result,
    callEndedAt: undefined,
  }
}

describe('what one attempt tells', () => {
  it.each([
    ['busy', { ended: 1 }, { atMs: 1_000, cause: 'busy' }, undefined],
    ['badNumber', { ended: 1 }, { atMs: 1_000, cause: 'badNumber' }, undefined],
    ['failed', { ended: 3 }, { atMs: 3_000, cause: 'failed' }, undefined],
    ['noAnswer', { ended: 20 }, { atMs: 20_000, cause: undefined }, undefined],
    ['cancelled', { ended: 4 }, { atMs: 4_000, cause: undefined }, undefined],
    ['accepted', { answered: 6, accepted: 11, ended: 11 }, { atMs: 6_000, cause: 'answered' }, { atMs: 5_000, cause: 'accepted' }],
    ['notAccepted', { answered: 6, ended: 21 }, { atMs: 6_000, cause: 'answered' }, { atMs: 15_000, cause: undefined }],
    ['answeredThenHungUp', { answered: 6, ended: 8 }, { atMs: 6_000, cause: 'answered' }, { atMs: 2_000, cause: 'hungUp' }],
    ['failed', { answered: 6, ended: 9 }, { atMs: 6_000, cause: 'answered' }, { atMs: 3_000, cause: 'hungUp' }],
    ['cancelled', { answered: 6, ended: 9 }, { atMs: 6_000, cause: 'answered' }, { atMs: 3_000, cause: undefined }],
  ] as const)('%s %j', (result, seconds, expectedRinging, answer) => {
    expect(observed(ringing(result, seconds), london)).toEqual({
      target: '+441',
      hour: 10,
      calledOff: result === 'cancelled',
      ringing: expectedRinging,
      answer,
    })
  })

  it('a patient or a practice, who need not accept, tells nothing about specialists', () => {
    expect(observed({ ...ringing('connected', { answered: 1, ended: 1 }), pool: 'direct' }, london)).toBeUndefined()
  })
})

describe('the ring times of the period', () => {
  const many = (count: number, one: PastRinging) => Array.from({ length: count }, () => one)
  it.each([
    [
      'enough time-outs of one length',
      [...many(6, ringing('noAnswer', { ended: 25.02 })), ringing('noAnswer', { ended: 7 })],
      { ringSeconds: 25, acceptSeconds: undefined },
    ],
    ['too few', many(4, ringing('noAnswer', { ended: 25 })), { ringSeconds: undefined, acceptSeconds: undefined }],
    [
      'no length that most have',
      [20, 21, 22, 23, 24].flatMap((ended) => many(3, ringing('noAnswer', { ended }))),
      { ringSeconds: undefined, acceptSeconds: undefined },
    ],
    [
      'voicemails tell the time to accept',
      many(5, ringing('notAccepted', { answered: 5, ended: 17 })),
      { ringSeconds: undefined, acceptSeconds: 12 },
    ],
    [
      'the NCN rings by a policy of its own',
      many(9, { ...ringing('noAnswer', { ended: 25 }), pool: 'ncn' }),
      { ringSeconds: undefined, acceptSeconds: undefined },
    ],
  ] as const)('%s', (_name, ringings, expected) => {
    expect(timesInForce(ringings)).toEqual(expected)
  })
})
