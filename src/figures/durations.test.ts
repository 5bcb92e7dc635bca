import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantile } from '../../test/kit/quantile.js'
import { bucketOf, middleOf, quantileOf } from './durations.js'

const duration = fc.integer({ min: 100, max: 4 * 3_600_000 })

describe('durations in buckets', () => {
  it('give a quantile that is at most 1 % off', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 200 }), fc.constantFrom(0.5, 0.9, 0.99), (all, q) => {
        const counts = new Map<number, number>()
        for (const ms of all) counts.set(bucketOf(ms), (counts.get(bucketOf(ms)) ?? 0) + 1)
        const exact = quantile(
          all.toSorted((a, b) => a - b),
          q,
        )!
        expect(Math.abs(quantileOf(counts, q)! / exact - 1)).toBeLessThanOrEqual(exact === 100 ? 0.5 : 0.0101)
      }),
    )
  })

  it('keep the order of what they hold', () => {
    fc.assert(
      fc.property(duration, duration, (a, b) => {
        expect(bucketOf(Math.max(a, b))).toBeGreaterThanOrEqual(bucketOf(Math.min(a, b)))
      }),
    )
  })

  it('know nothing of no calls, and take the shortest as one', () => {
    expect(quantileOf(new Map(), 0.5)).toBeUndefined()
    expect(quantile([], 0.5)).toBeUndefined()
    expect([bucketOf(0), bucketOf(100), middleOf(0)]).toEqual([0, 0, 50])
  })
})
