import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bootstrapped,
  differences,
  figuresOf,
  isWithin,
  mean,
  overRuns,
  percentileInterval,
  quantile,
  wilsonInterval,
  type CallResult,
  type Figures,
} from './figures.js'

const call = (waitSeconds: number | undefined, refs: number): CallResult => ({
  waitMs: waitSeconds === undefined ? undefined : waitSeconds * 1_000,
  refs,
})

describe('figures of calls', () => {
  it('measures the waits of the accepted calls, and the rest over all of them', () => {
    expect(figuresOf([call(10, 1), call(30, 2), call(50, 3), call(undefined, 3)])).toEqual({
      meanWait: 30,
      medianWait: 30,
      p90Wait: 46,
      answerRate: 0.75,
      refs: 2.25,
    })
  })

  it('has no waits if nobody accepted, and no figures without calls', () => {
    expect(figuresOf([call(undefined, 3)])).toEqual({
      meanWait: undefined,
      medianWait: undefined,
      p90Wait: undefined,
      answerRate: 0,
      refs: 3,
    })
    expect(figuresOf([])).toEqual({
      meanWait: undefined,
      medianWait: undefined,
      p90Wait: undefined,
      answerRate: undefined,
      refs: undefined,
    })
  })

  it.each([
    [[], 0.5, undefined],
    [[7], 0.9, 7],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[1, 2, 3, 4], 0, 1],
    [[1, 2, 3, 4], 1, 4],
    [[10, 20, 30, 40, 50], 0.9, 46],
  ])('the quantile of %j at %d is %s', (values, share, expected) => {
    const found = quantile(values, share)
    if (expected === undefined) expect(found).toBeUndefined()
    else expect(found).toBeCloseTo(expected, 9)
  })

  // Wilson's interval by published tables.
  it.each([
    [0, 10, 0, 0.2775],
    [5, 10, 0.2366, 0.7634],
    [10, 10, 0.7225, 1],
    [87, 100, 0.7902, 0.9224],
  ])('%d of %d calls answered: %d to %d', (hits, of, from, to) => {
    const interval = wilsonInterval(hits, of)
    expect(interval?.from).toBeCloseTo(from, 4)
    expect(interval?.to).toBeCloseTo(to, 4)
    expect(wilsonInterval(0, 0)).toBeUndefined()
  })
})

describe('intervals', () => {
  it('holds 95 of 100 values', () => {
    expect(percentileInterval(Array.from({ length: 1_001 }, (_, index) => index))).toEqual({ from: 25, to: 975 })
    expect(percentileInterval([])).toBeUndefined()
  })

  it('of the recorded calls: about two standard errors of the mean to either side, the same for the same seed', () => {
    const calls = Array.from({ length: 400 }, (_, index) => call(20 + (index % 41), 1))
    const { meanWait } = bootstrapped(calls, 3)
    const error = Math.sqrt((41 * 41 - 1) / 12 / 400)
    expect(meanWait?.value).toBeCloseTo(mean(calls.map(({ waitMs }) => waitMs! / 1_000))!, 9)
    expect((meanWait!.interval.to - meanWait!.interval.from) / (2 * 1.96 * error)).toBeGreaterThan(0.85)
    expect((meanWait!.interval.to - meanWait!.interval.from) / (2 * 1.96 * error)).toBeLessThan(1.15)
    expect(bootstrapped(calls, 3)).toEqual(bootstrapped(calls, 3))
    expect(bootstrapped(calls, 4)).not.toEqual(bootstrapped(calls, 3))
  })

  it('for any calls: the recorded mean and rate lie in their own intervals', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ waitMs: fc.option(fc.nat(180_000), { nil: undefined }), refs: fc.nat(5) }), { minLength: 30, maxLength: 60 }),
        (calls) => {
          const { meanWait, answerRate, refs } = bootstrapped(calls, 1)
          for (const estimate of [meanWait, answerRate, refs]) if (estimate) expect(isWithin(estimate.interval, estimate.value)).toBe(true)
        },
      ),
      { numRuns: 10 },
    )
  })

  const figures = (wait: number | undefined, rate: number): Figures => ({
    meanWait: wait,
    medianWait: wait,
    p90Wait: wait,
    answerRate: rate,
    refs: 1,
  })

  it('over replays: their mean, and nothing for a figure that most of them do not have', () => {
    expect(overRuns([figures(10, 0.5), figures(20, 0.7)]).meanWait?.value).toBe(15)
    expect(overRuns([figures(10, 0.5), figures(undefined, 0), figures(undefined, 0)])).toMatchObject({
      meanWait: undefined,
      answerRate: { value: 0.5 / 3 },
    })
  })

  it('of a difference: replay by replay, so that common chance cancels out', () => {
    const before = [10, 20, 30, 40].map((wait) => figures(wait, 0.8))
    const after = [8, 18, 28, 38].map((wait) => figures(wait, 0.9))
    expect(differences(before, after).meanWait).toEqual({ value: -2, interval: { from: -2, to: -2 } })
    expect(differences(before, after).answerRate?.value).toBeCloseTo(0.1, 12)
  })
})
