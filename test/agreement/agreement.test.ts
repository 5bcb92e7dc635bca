import { join } from 'node:path'
import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { callRecord } from '../../src/facts/call-record.js'
import type { CallEvent } from '../../src/facts/events.js'
import type { WritableDatabase } from '../../src/store/database.js'
import { questions } from '../../src/store/questions.js'
import { openForWriting } from '../../src/store/sqlite/open.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { liveOthers, otherPlan } from '../kit/calls/other-calls-plan.js'
import { calmPlan, live } from '../kit/calls/plan.js'
import { byHand, byTheMetrics, byTheRecord, byTheStore, byTheWallboard, byWhatIf, summed } from './readings.js'
import { toldCalls } from './told-calls.js'

function callsOf(events: readonly CallEvent[]): ReadonlyMap<string, readonly CallEvent[]> {
  const calls = new Map<string, CallEvent[]>()
  for (const event of events) calls.set(event.callId, [...(calls.get(event.callId) ?? []), event])
  return calls
}

/** Every reader of the facts says what the facts say. */
async function expectAgreement(database: WritableDatabase, events: readonly CallEvent[], groupOf: number): Promise<void> {
  const calls = callsOf(events)
  const truth = new Map([...calls].map(([callId, ofCall]) => [callId, byHand(ofCall)]))
  const board = byTheWallboard(events)
  const whatIf = byWhatIf(calls)
  const stored = await byTheStore(database, calls, groupOf)
  for (const [callId, ofCall] of calls) {
    const reading = truth.get(callId)!
    expect(byTheRecord(ofCall)).toEqual(reading)
    expect(stored.get(callId)).toEqual(rounded(reading))
    const shown = board.get(callId)
    if (shown) {
      expect(shown.attempts.map(({ result }) => result ?? 'running')).toEqual(reading.attempts)
      if (reading.waitMs !== undefined) expect(shown.waitedMs).toBe(Math.round(reading.waitMs))
      expect(shown.talkedMs).toBe(reading.talkMs === undefined ? undefined : Math.round(reading.talkMs))
      if (reading.acceptedBy !== undefined) expect(shown.talkingTo).toBe(reading.acceptedBy)
      else if (reading.talkMs === undefined) expect(shown.talkingTo).toBeUndefined()
    }
    const replayed = whatIf.get(callId)
    if (replayed)
      expect(replayed).toEqual({
        waitMs: reading.waitMs,
        refs: reading.refs,
        talkMs: reading.acceptedBy === undefined ? undefined : reading.talkMs,
      })
  }
  const sums = summed([...truth.values()])
  const measured = await byTheMetrics(events)
  expect({ ...measured, waitSeconds: 0, talkSeconds: 0 }).toEqual({ ...sums, waitSeconds: 0, talkSeconds: 0 })
  expect(measured.waitSeconds).toBeCloseTo(sums.waitSeconds, 3)
  expect(measured.talkSeconds).toBeCloseTo(sums.talkSeconds, 3)
  expect(await questions.differing.ask(database.db)).toEqual([])
  expect(await questions.differingRollUps.ask(database.db)).toEqual([])
}

const whole = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms))

function rounded<T extends { readonly waitMs: number | undefined; readonly talkMs: number | undefined }>(reading: T): T {
  return { ...reading, waitMs: whole(reading.waitMs), talkMs: whole(reading.talkMs) }
}

/** A store of its own for each run: the list of calls is short, and nothing of another run is in it. */
async function withStore(use: (database: WritableDatabase) => Promise<void>): Promise<void> {
  const database = await openForWriting(join(scratchFolder(), 'calls.db'))
  // Thousands of small writes, and nobody pulls the plug.
  await sql`pragma synchronous = off`.execute(database.db)
  await use(database).finally(() => database.close())
}

describe('record, lists, wallboard, metrics and what-if say the same of a call', { timeout: 120_000 }, () => {
  it('for every story that facts can tell, on a machine whose clock is set while they happen', async () => {
    const seen = { undone: 0, accepted: 0, set: 0 }
    await fc.assert(
      fc.asyncProperty(toldCalls, fc.integer({ min: 1, max: 40 }), async (tell, groupOf) => {
        const events = tell('call')
        for (const ofCall of callsOf(events).values()) {
          const record = callRecord(ofCall)
          if (ofCall.some(({ type }) => type === 'attempt.accepted')) seen[record?.acceptedBy === undefined ? 'undone' : 'accepted']++
          if (record?.clockSetMs !== undefined) seen.set++
        }
        await withStore((database) => expectAgreement(database, events, groupOf))
      }),
      { numRuns: 60 },
    )
    // What never happened was not checked.
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(5)
  })

  it('for whatever callers and specialists do', async () => {
    await fc.assert(
      fc.asyncProperty(calmPlan, async (plan) => {
        const { world } = await live(plan)
        await withStore((database) => expectAgreement(database, asStored(world.log.told), 7))
        // On a line nobody has accepted who was not connected.
        for (const { acceptedBy, waitMs, talkStartedAt } of world.records())
          if (talkStartedAt === undefined) expect({ acceptedBy, waitMs }).toEqual({ acceptedBy: undefined, waitMs: undefined })
      }),
      { numRuns: 40 },
    )
  })

  it('for whatever patients, clinicians and practices do, with accidents', async () => {
    await fc.assert(
      fc.asyncProperty(otherPlan, async (plan) => {
        const { world } = await liveOthers(plan)
        await withStore((database) => expectAgreement(database, asStored(world.log.told), 7))
      }),
      { numRuns: 40 },
    )
  })
})

/** The store keeps whole milliseconds. */
function asStored(events: readonly CallEvent[]): readonly CallEvent[] {
  return events.map((event) => ({
    ...event,
    at: Math.round(event.at),
    ...(event.elapsedMs === undefined ? {} : { elapsedMs: Math.round(event.elapsedMs) }),
  }))
}
