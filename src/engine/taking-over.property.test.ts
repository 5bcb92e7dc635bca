import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callRecord } from '../facts/call-record.js'
import type { CallEvent } from '../facts/events.js'
import { FleetWorld } from '../../test/kit/calls/fleet-world.js'
import {
  calmPlan,
  directoryOf,
  longestCallMs,
  mediaDeath,
  mediaDies,
  people,
  type MediaDeath,
  type Plan,
} from '../../test/kit/calls/plan.js'
import { enoughRuns, propertyRuns } from '../../test/kit/property-runs.js'

const names = ['engine-1', 'engine-2', 'engine-3'] as const
type Name = (typeof names)[number]

/** What befalls an engine. A frozen one wakes up, and one that was killed, or has lost its calls, is started again, after that time. */
interface Mishap {
  readonly atMs: number
  readonly engine: Name
  readonly what: 'kill' | 'freeze'
  readonly forMs: number
}

interface FleetPlan {
  readonly plan: Plan
  readonly mishaps: readonly Mishap[]
  readonly mediaDeaths: readonly MediaDeath[]
  readonly databaseMs: number
}

const fleetPlan: fc.Arbitrary<FleetPlan> = fc.record({
  plan: calmPlan,
  mishaps: fc.array(
    fc.record({
      atMs: fc.nat(240_000),
      engine: fc.constantFrom(...names),
      what: fc.constantFrom('kill' as const, 'kill' as const, 'freeze' as const),
      forMs: fc.oneof(fc.nat(4_000), fc.nat(60_000)),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  mediaDeaths: fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(mediaDeath, { maxLength: 3 }) }),
  databaseMs: fc.constantFrom(0, 3, 40),
})

async function lived(
  { plan, mishaps, mediaDeaths, databaseMs }: FleetPlan,
  planted?: 'givenToAll' | 'noFence',
): Promise<{ readonly world: FleetWorld; readonly ended: boolean }> {
  const world = new FleetWorld({
    directory: directoryOf(plan),
    oneWayMs: plan.oneWayMs,
    latencyMs: plan.latencyMs,
    databaseMs: () => databaseMs,
    ...(planted === undefined ? {} : { planted }),
  })
  for (const name of names) world.start(name)
  mediaDies(mediaDeaths, world)
  const arrived = people(plan, world)
  for (const { atMs, engine, what, forMs } of mishaps) {
    world.clock.after(atMs, () => world[what](engine))
    world.clock.after(atMs + forMs, () => {
      world.wake(engine)
      if (!world.has(engine)) world.start(engine)
    })
  }
  const ended = await world.clock.runUntil(() => arrived() === plan.callers.length && world.unended === 0, longestCallMs + 20 * 60_000)
  // Voicemail talks for ever, and is nobody's call any more.
  await world.clock.advance(70_000)
  return { world, ended }
}

const count = (events: readonly CallEvent[], type: CallEvent['type']) => events.filter((event) => event.type === type).length

/** What does not hold, in words. */
function wrong({ world, ended }: Awaited<ReturnType<typeof lived>>): string | undefined {
  if (world.faults.length > 0) return `a fault in the program: ${String(world.faults[0])}`
  if (world.trespasses.length > 0) return world.trespasses[0]
  for (const [id, events] of world.calls()) {
    if (count(events, 'call.arrived') !== 1 || events[0]?.type !== 'call.arrived') return `${id} does not begin with its arrival`
    if (ended && (count(events, 'call.ended') !== 1 || events.at(-1)?.type !== 'call.ended'))
      return `${id} does not end with exactly one end: ${events.map(({ type }) => type).join()}`
    const started = events.flatMap((event) => (event.type === 'attempt.started' ? [event.attempt] : []))
    const over = events.flatMap((event) => (event.type === 'attempt.ended' ? [event.attempt] : []))
    if (ended && (new Set(started).size !== started.length || started.toSorted().join() !== over.toSorted().join()))
      return `${id} has attempts ${started.join()} that ended as ${over.join()}`
    const end = events.at(-1)
    const closed = end?.type === 'call.ended' && end.ending === 'interrupted'
    if (ended && !closed && count(events, 'line.chosen') > count(events, 'hunt.ended'))
      return `the hunt of ${id} has no end: ${events.map(({ type }) => type).join()}`
    // Who carries it says so before anything else.
    let carrier = events[0].node
    for (const event of events.slice(1)) {
      if (event.type === 'call.takenOver') {
        carrier = event.node
        continue
      }
      if (event.node !== carrier && !isClosing(events, event)) return `${event.node} told ${event.type} of ${id}, which ${carrier} carried`
    }
    const record = callRecord(events)
    if (record && record.attempts.filter(({ result }) => result === 'accepted').length > 1) return `${id} was accepted twice`
  }
  if (!ended)
    return `calls have no end: ${[...world.calls()]
      .filter(([, events]) => count(events, 'call.ended') === 0)
      .map(([id]) => id)
      .join()}`
  return talksThatWereCut(world) ?? neverAccepted(world) ?? leftInSilence(world)
}

/** Closed by the engine that claimed it and could not go on with it. */
function isClosing(events: readonly CallEvent[], event: CallEvent): boolean {
  const end = events.at(-1)
  return end?.type === 'call.ended' && end.ending === 'interrupted' && event.node === end.node
}

/** Two who talk are taken apart by one of them alone. */
function talksThatWereCut({ telephone }: FleetWorld): string | undefined {
  const { trace } = telephone.world
  for (const apart of trace) {
    if (apart.what !== 'apart') continue
    const downAt = trace.flatMap((entry) =>
      entry.what === 'legDown' && (apart.legs as readonly string[]).includes(entry.leg) ? [entry] : [],
    )[0]
    // By a media server that died: they are connected again.
    if (trace.some((entry) => entry.what === 'mediaLost' && (apart.legs as readonly string[]).includes(entry.leg) && entry.at === apart.at))
      continue
    if (downAt === undefined || downAt.at > apart.at) return `${apart.legs.join(' and ')} were taken apart, and neither had hung up`
    if (downAt.hangUp.ending === 'released') return `${downAt.leg} talked, and was released`
  }
  return undefined
}

/** Every call is over by now: a party still on the line belongs to no engine. */
function leftInSilence({ telephone }: FleetWorld): string | undefined {
  const caller = telephone.callers.find(({ leg }) => leg !== undefined && !leg.ended)
  if (caller) return `${caller.incoming.id} was answered, and nobody has the caller any more`
  const phone = [...telephone.phones.values()].find(({ leg }) => leg !== undefined && !leg.ended)
  return phone && `${phone.number} has answered, and nobody has them any more`
}

function neverAccepted({ telephone, told }: FleetWorld): string | undefined {
  for (const entry of telephone.world.trace) {
    if (entry.what !== 'bridged') continue
    if (!told.some((event) => event.type === 'attempt.accepted' && (entry.legs as readonly string[]).includes(event.proof.legId)))
      return `${entry.legs.join(' and ')} were connected, and nobody had accepted`
  }
  return undefined
}

it(
  'whichever engine is killed, frozen or started again, whatever media servers die, and whenever: one engine at a time writes to a call, each call has one record with one end, and no talk is cut',
  { timeout: 240_000 },
  async () => {
    let [calls, takenOver, interrupted] = [0, 0, 0]
    await fc.assert(
      fc.asyncProperty(fleetPlan, async (plan) => {
        const life = await lived(plan)
        expect(wrong(life)).toBeUndefined()
        for (const events of life.world.calls().values()) {
          calls++
          takenOver += count(events, 'call.takenOver')
          interrupted += events.some((event) => event.type === 'call.ended' && event.ending === 'interrupted') ? 1 : 0
        }
      }),
      { numRuns: propertyRuns(400) },
    )
    expect(calls).toBeGreaterThan(propertyRuns(400))
    expect(takenOver).toBeGreaterThan(propertyRuns(400) / 10)
    // Those in a menu begin it again, and talks and hunts go on: few are lost, in the moment of an answer.
    expect(interrupted).toBeLessThan(calls / 5)
  },
)

describe.runIf(enoughRuns)('these rules', () => {
  it.each(['givenToAll', 'noFence'] as const)('notice a database with a fault: %s', async (planted) => {
    const found = await fc.check(
      fc.asyncProperty(fleetPlan, async (plan) => wrong(await lived(plan, planted)) === undefined),
      { numRuns: propertyRuns(400), endOnFailure: true },
    )
    expect(found.failed).toBe(true)
  })
})
