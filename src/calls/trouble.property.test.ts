import fc from 'fast-check'
import { expect, it } from 'vitest'
import { violation } from '../../test/kit/calls/invariants.js'
import { live, mortalPlan, troubledPlan } from '../../test/kit/calls/plan.js'
import { propertyRuns } from '../../test/kit/property-runs.js'

it('whatever fails while they do it, every rule of a call holds (10,000 calls)', { timeout: 600_000 }, async () => {
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

it(
  'whenever media servers die: one true record, nobody in silence, nobody connected who has not accepted, every cut recorded',
  { timeout: 600_000 },
  async () => {
    let [moved, resumed, cut] = [0, 0, 0]
    await fc.assert(
      fc.asyncProperty(mortalPlan, async (plan) => {
        const lived = await live(plan)
        expect(violation(lived)).toBeUndefined()
        for (const { type } of lived.world.log.told) {
          if (type === 'leg.moved') moved++
          if (type === 'talk.resumed') resumed++
        }
        cut += lived.world.telephone.world.trace.filter(({ what }) => what === 'mediaLost').length
      }),
      { numRuns: propertyRuns(500) },
    )
    expect(cut).toBeGreaterThan(propertyRuns(500) / 2)
    expect(moved).toBeGreaterThan(propertyRuns(500) / 4)
    expect(resumed).toBeGreaterThan(propertyRuns(500) / 20)
  },
)
