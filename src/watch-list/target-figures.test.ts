import { describe, expect, it } from 'vitest'
import type { AttemptResult } from '../facts/events.js'
import { withStep, type RingingStep, type TargetFigures } from './target-figures.js'
import { TargetHistory } from './target-history.js'

const mobile = '+447700900123'

/** An attempt that began and ended at these instants. */
function ringing(at: number, result: AttemptResult, status?: number): RingingStep[] {
  return [
    { type: 'started', at, candidate: 'clinician:dr-okafor', label: 'Dr Okafor' },
    { type: 'ended', callId: `call-${at}`, at: at + 1, result, ...(status === undefined ? {} : { status }) },
  ]
}

const bad = (...at: number[]) => at.flatMap((each) => ringing(each, 'badNumber', 404))
const cleared = (...at: number[]): RingingStep[] => at.map((each) => ({ type: 'cleared', at: each }))
const told = (steps: readonly RingingStep[]) =>
  steps.reduce<TargetFigures | undefined>((figures, step) => withStep(mobile, figures, step), undefined)

describe('a telephone that was cleared by hand', () => {
  it.each<[string, RingingStep[], boolean, number]>([
    ['does not come back by what had failed before', [...bad(10, 20, 30), ...cleared(40)], false, 0],
    ['comes back when it fails as often again', [...bad(10, 20, 30), ...cleared(40), ...bad(50, 60, 70)], true, 3],
    ['is still clear while it has failed less often since', [...bad(10, 20, 30), ...cleared(40), ...bad(50, 60)], false, 2],
    ['stays clear however often it was cleared', [...bad(10, 20, 30), ...cleared(40), ...bad(50, 60, 70), ...cleared(80)], false, 0],
    ['was not on the list before it failed: that clears nothing', [...cleared(5), ...bad(10, 20, 30)], true, 3],
    ['was not on the list yet: that clears nothing', [...bad(10, 20), ...cleared(25), ...bad(30)], true, 3],
    ['keeps what failed after the clearing and is told before it', [...bad(10, 20, 30, 40), ...cleared(40)], false, 1],
    ['forgets what failed before the clearing and is told after it', [...bad(10, 20, 30), ...cleared(40), ...bad(35, 36)], false, 0],
  ])('%s', (_name, steps, watched, failures) => {
    const figures = told(steps)
    expect(figures?.watchedSince !== undefined).toBe(watched)
    expect(figures?.failures).toHaveLength(failures)
  })

  it('and an unknown one is no trouble', () => {
    expect(told(cleared(5))).toBeUndefined()
    expect(new TargetHistory().clear(mobile)).toBe(false)
  })
})

it('counts attempts by result and by reason', () => {
  const figures = told([...bad(10, 20), ...ringing(30, 'busy', 486), ...ringing(40, 'noAnswer'), ...ringing(50, 'accepted')])
  expect(figures).toMatchObject({
    rung: 5,
    answered: 0,
    byResult: { badNumber: 2, busy: 1, noAnswer: 1, accepted: 1 },
    byReason: { 'badNumber 404': 2, 'busy 486': 1 },
    lastRungAt: 50,
    lastAcceptedAt: 51,
    failures: [],
  })
})

it('counts every answer, whatever followed, and uses the latest name', () => {
  const figures = told([
    ...ringing(10, 'notAccepted').toSpliced(1, 0, { type: 'answered' }),
    { type: 'started', at: 20, candidate: 'phone:x', label: 'Ward 7' },
  ])
  expect(figures).toMatchObject({
    rung: 2,
    answered: 1,
    candidate: 'phone:x',
    label: 'Ward 7',
    lastRungAt: 20,
    failures: [{ result: 'notAccepted' }],
  })
})
