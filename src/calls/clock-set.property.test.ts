import fc from 'fast-check'
import { expect, it } from 'vitest'
import { calmPlan, live, type Plan } from '../../test/kit/calls/plan.js'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'
import type { CallRecord } from '../facts/call-record.js'

const hour = 60 * 60_000

/** What a record says about durations and events. Instants are left out: they are the wall clock's. */
function durations({
  ending,
  refs,
  waitMs,
  talkMs,
  attempts,
  lineChosenAfterMs,
  huntEndedAfterMs,
  talkStartedAfterMs,
  endedAfterMs,
  acceptedBy,
}: CallRecord) {
  return {
    ...{ ending, refs, waitMs, talkMs, lineChosenAfterMs, huntEndedAfterMs, talkStartedAfterMs, endedAfterMs, acceptedBy },
    attempts: attempts.map(({ result, startedAfterMs, answeredAfterMs, acceptedAfterMs, endedAfterMs: over }) => ({
      result,
      startedAfterMs,
      answeredAfterMs,
      acceptedAfterMs,
      endedAfterMs: over,
    })),
  }
}

/** The same plan on a machine whose wall clock is set meanwhile. */
async function lived(plan: Plan, jumps: readonly { readonly atMs: number; readonly byMs: number }[]): Promise<readonly CallRecord[]> {
  const { world } = await live(plan, {
    clock: (clock) => {
      for (const { atMs, byMs } of jumps) clock.after(atMs, () => clock.setBy(byMs))
      return clock
    },
  })
  return world.records()
}

it('a clock that is set forward or back while calls run changes no duration, no deadline and no ending', { timeout: 120_000 }, async () => {
  const jump = fc.record({ atMs: fc.nat(180_000), byMs: fc.constantFrom(26 * hour, -26 * hour, 7_000, -7_000, 90_000, -1_500) })
  let set = 0
  await fc.assert(
    fc.asyncProperty(calmPlan, fc.array(jump, { minLength: 1, maxLength: 4 }), async (plan, jumps) => {
      const [straight, set0] = [await lived(plan, []), await lived(plan, jumps)]
      set += set0.filter(({ clockSetMs }) => clockSetMs !== undefined).length
      const rounded = (records: readonly CallRecord[]) =>
        JSON.parse(
          JSON.stringify(records.map(durations), (_key, value: unknown) =>
            typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value,
          ),
        ) as unknown
      expect(rounded(set0)).toEqual(rounded(straight))
    }),
    { numRuns: 150 },
  )
  expect(set).toBeGreaterThan(50)
})

it.each([26 * hour, -26 * hour])(
  'a talk of a minute is one of a minute when the clock is set by %d ms in the middle of it; its instants are the wall clock’s',
  async (byMs) => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'cardiology', rota: ['+447700900001'] }] } })
    const gp = scenario.caller()
    const okafor = scenario.phone('+447700900001')
    await gp.dials(dialIn)
    await okafor.answers()
    await scenario.passes(4)
    okafor.presses('1')
    await gp.and(okafor).hearEachOther()
    await scenario.passes(30)
    scenario.world.clock.setBy(byMs)
    await scenario.passes(30)
    gp.hangsUp()
    await scenario.isOver()
    const record = scenario.record()
    expect(Math.round((record.talkMs ?? 0) / 1_000)).toBe(60)
    expect(record.waitMs).toBeLessThan(60_000)
    expect(record.clockSetMs).toBe(byMs)
    expect((record.endedAt ?? 0) - record.arrivedAt - byMs).toBeLessThan(3 * 60_000)
    expect(Math.abs((record.endedAfterMs ?? 0) - ((record.endedAt ?? 0) - record.arrivedAt - byMs))).toBeLessThan(1)
  },
)
