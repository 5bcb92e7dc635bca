import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CallWorld } from '../../test/kit/calls/call-world.js'
import { gather, violation } from '../../test/kit/calls/invariants.js'
import { calmPlan, directoryOf, longestCallMs, people, type Lived, type Plan } from '../../test/kit/calls/plan.js'
import { propertyRuns } from '../../test/kit/property-runs.js'

/** The clinicians who say "not now", from when to when, ms after the start. */
interface Said {
  readonly clinician: string
  readonly from: number
  readonly to: number
}

const said: fc.Arbitrary<readonly Said[]> = fc.array(
  fc.record({ clinician: fc.nat(2).map((one) => `clinician${one}`), from: fc.nat(120_000), to: fc.nat(400_000) }),
  { maxLength: 4 },
)
const never: readonly Said[] = []
const always: readonly Said[] = ['clinician0', 'clinician1', 'clinician2'].map((clinician) => ({ clinician, from: 0, to: Infinity }))

async function live(plan: Plan, sayings: readonly Said[]): Promise<Lived> {
  const world: CallWorld = new CallWorld({
    directory: directoryOf(plan),
    oneWayMs: plan.oneWayMs,
    latencyMs: () => plan.latencyMs,
    logDelayMs: () => plan.logDelayMs,
    notNow: (clinician) =>
      sayings.some((one) => one.clinician === clinician && one.from <= world.clock.monotonic() && world.clock.monotonic() < one.to),
  })
  const arrived = people(plan, world)
  const ended = await world.clock.runUntil(
    () => arrived() === plan.callers.length && world.desk.liveCalls === 0,
    longestCallMs + 10 * 60_000,
  )
  await world.clock.advance(70_000)
  return { plan, world, ended }
}

const everybodyIsAClinician = calmPlan.map((plan): Plan => ({ ...plan, pairs: true }))

it(
  'clinicians say "not now" at any moment: every rule of a call holds, nobody is left out, and they come after all others',
  { timeout: 180_000 },
  async () => {
    const seen = { passedOver: 0, rungLast: 0 }
    await fc.assert(
      fc.asyncProperty(everybodyIsAClinician, fc.oneof({ weight: 6, arbitrary: said }, fc.constant(always)), async (plan, sayings) => {
        const lived = await live(plan, sayings)
        expect(violation(lived)).toBeUndefined()
        for (const { record, events } of gather(lived).calls) {
          const last = events.flatMap((event) => (event.type === 'candidate.passedOver' && event.why === 'notNow' ? [event.candidate] : []))
          seen.passedOver += last.length
          if (record.ending !== 'unanswered') continue
          // A hunt that came to its end by itself, and not by its time: everybody whose turn was put off has been rung, or has said no before.
          const ended = events.find((event) => event.type === 'hunt.ended')
          if (ended?.type !== 'hunt.ended' || ended.result !== 'nobody') continue
          const rungOrBusy = new Set(
            events.flatMap((event) =>
              event.type === 'attempt.started'
                ? [event.candidate]
                : event.type === 'candidate.passedOver' && event.why !== 'notNow'
                  ? [event.candidate]
                  : [],
            ),
          )
          for (const candidate of last) expect(rungOrBusy.has(candidate), candidate).toBe(true)
          seen.rungLast += last.length
        }
      }),
      { numRuns: propertyRuns(1_000) },
    )
    expect(seen.passedOver).toBeGreaterThan(0)
    expect(seen.rungLast).toBeGreaterThan(0)
  },
)

it(
  'where everybody has said "not now", a line rings the same people in the same order as where nobody has',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(everybodyIsAClinician, async (plan) => {
        // One round, one caller, no Network: nobody is reserved for another.
        const alone = { ...plan, ncn: [], ring: { ...plan.ring, rounds: 1 }, callers: plan.callers.slice(0, 1) }
        const rungBy = async (sayings: readonly Said[]) =>
          gather(await live(alone, sayings)).calls.map(({ record }) => record.attempts.map(({ candidate, result }) => [candidate, result]))
        expect(await rungBy(always)).toEqual(await rungBy(never))
      }),
      { numRuns: propertyRuns(300) },
    )
  },
)
