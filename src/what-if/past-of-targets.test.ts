import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unknownOrigin } from '../facts/actor.js'
import type { AttemptResult } from '../facts/events.js'
import type { PastRinging } from '../store/past-ringing.js'
import { TargetHistory } from '../watch-list/target-history.js'
import { PastOfTargets, rungBefore } from './past-of-targets.js'

function ringing(second: number, who: number, result: AttemptResult): PastRinging {
  return {
    callId: `c-${second}`,
    attempt: `c-${second}-1`,
    line: 'ent',
    candidate: `clinician:${who}`,
    label: `Dr ${who}`,
    pool: 'local',
    target: `+44${who}`,
    startedAt: second * 1_000,
    answeredAt: undefined,
    acceptedAt: undefined,
    endedAt: second * 1_000 + 500,
    result,
    callEndedAt: undefined,
  }
}

describe('what the record says about the order of hunts', () => {
  it('three failures in a row put a number on the watch list, one success takes it off', () => {
    const results: readonly AttemptResult[] = ['badNumber', 'notAccepted', 'badNumber', 'busy', 'accepted', 'badNumber']
    const past = new PastOfTargets(
      results.map((result, second) => ringing(second, 1, result)),
      2_000,
    )
    expect([0, 1, 2, 3, 4, 5, 6].map((second) => past.wasWatched('+441', second * 1_000))).toEqual([
      false,
      false,
      false,
      true,
      true,
      false,
      false,
    ])
    expect(past.wasWatched('+442', 0)).toBeUndefined()
  })

  const results: readonly AttemptResult[] = ['accepted', 'declined', 'badNumber', 'notAccepted', 'noAnswer', 'busy', 'failed']
  it('for any past and moment: what the engine itself would have known by then', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ who: fc.nat(2), result: fc.constantFrom(...results) }), { maxLength: 60 }),
        fc.nat(61),
        (all, moment) => {
          const ringings = all.map(({ who, result }, second) => ringing(second, who, result))
          const engine = new TargetHistory()
          for (const { callId, attempt, candidate, label, pool, target, startedAt, endedAt, result } of ringings.slice(0, moment)) {
            engine.apply({
              ...unknownOrigin,
              callId,
              seq: 1,
              at: startedAt,
              type: 'attempt.started',
              attempt,
              candidate,
              label,
              pool,
              target,
            })
            engine.apply({ ...unknownOrigin, callId, seq: 2, at: endedAt, type: 'attempt.ended', attempt, result, fault: 'indeterminate' })
          }
          const past = new PastOfTargets(ringings, moment * 1_000)
          for (const who of [0, 1, 2]) {
            expect(past.wasWatched(`+44${who}`, moment * 1_000 - 1) ?? false).toBe(engine.isWatched(`+44${who}`))
            expect(past.lastRungBefore(`clinician:${who}`)).toBe(engine.lastRungAt(`clinician:${who}`))
          }
        },
      ),
    )
  })

  it('the replay knows who was rung last; the record who was watched, unless it lacks the telephone', () => {
    const replayed = new TargetHistory()
    for (const second of [100, 101, 102]) {
      for (const who of [1, 9]) {
        const { callId, attempt, candidate, label, pool, target } = ringing(second, who, 'badNumber')
        const id = `${attempt}-${who}`
        replayed.apply({
          ...unknownOrigin,
          callId,
          seq: 1,
          at: second * 1_000,
          type: 'attempt.started',
          attempt: id,
          candidate,
          label,
          pool,
          target,
        })
        replayed.apply({ ...unknownOrigin, callId, seq: 2, at: second * 1_000, type: 'attempt.ended', attempt: id, result: 'badNumber' })
      }
    }
    const asked = rungBefore(new PastOfTargets([ringing(1, 1, 'accepted'), ringing(2, 2, 'accepted')], 50_000), replayed, () => 200_000)
    expect(['clinician:1', 'clinician:2', 'clinician:3'].map((candidate) => asked.lastRungAt(candidate))).toEqual([
      102_000,
      2_000,
      undefined,
    ])
    expect(['+441', '+442', '+449'].map((target) => asked.isWatched(target))).toEqual([false, false, true])
  })
})
