import fc from 'fast-check'
import { expect, it } from 'vitest'
import { violation } from '../../test/kit/calls/invariants.js'
import { troubledPlan, live } from '../../test/kit/calls/plan.js'
import { propertyRuns } from '../../test/kit/property-runs.js'

it('whatever fails while they do it, every rule of a call holds (10,000 calls)', { timeout: 180_000 }, async () => {
  let calls = 0
  await fc.assert(
    fc.asyncProperty(troubledPlan, async (plan) => {
      const lived = await live(plan)
      calls += plan.callers.length
      expect(violation(lived)).toBeUndefined()
    }),
    { numRuns: propertyRuns(2_700) },
  )
  expect(calls).toBeGreaterThanOrEqual(propertyRuns(10_000) * 0.9)
})
