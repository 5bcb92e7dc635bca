import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { unknownOrigin } from '../facts/actor.js'
import { goodCall, specialistsNumber, untilTalking } from '../../test/kit/sample-call.js'
import type { CallFact } from '../facts/events.js'
import { CallDatabase } from './call-database.js'
import { PeriodQueries } from './period-queries.js'
import type { OpenDatabase, WritableDatabase } from './database.js'
import { openForReading, openForWriting } from './sqlite/open.js'

const noon = Date.UTC(2026, 2, 10, 12)
const okafor = 'sip:okafor@127.0.0.1:5090'
let folder: string
let writing: WritableDatabase
let reading: OpenDatabase
let past: PeriodQueries

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringround-period-'))
  writing = await openForWriting(join(folder, 'calls.db'))
  // Hundreds of small writes, and nobody pulls the plug.
  await sql`pragma synchronous = off`.execute(writing.db)
  reading = openForReading(join(folder, 'calls.db'))
  past = new PeriodQueries(reading.db)
})
afterEach(async () => {
  await reading.close()
  await writing.close()
  await rm(folder, { recursive: true })
})

/** Every fact a second after the one before it. */
async function write(callId: string, at: number, facts: readonly CallFact[]): Promise<void> {
  await new CallDatabase(writing).append(
    facts.map((fact, index) => ({ ...unknownOrigin, callId, seq: index + 1, at: at + index * 1_000, ...fact })),
  )
}

it("a line's calls of a period, whole and oldest first, beside an engine that has the file open", async () => {
  await write('later', noon + 60_000, goodCall('later'))
  await write('first', noon, goodCall('first'))
  await write('before', noon - 1, goodCall('before'))
  await write('at-the-end', noon + 120_000, goodCall('at-the-end'))
  await write('other-line', noon, goodCall('other-line', { line: 'ent' }))
  const calls = await past.callsOfLine('cardiology', noon, noon + 120_000)
  expect(calls.map(({ callId, ending, attempts }) => [callId, ending, attempts.map(({ result }) => result)])).toEqual([
    ['first', 'completed', ['noAnswer', 'accepted']],
    ['later', 'completed', ['noAnswer', 'accepted']],
  ])
  expect(await past.callsOfLine('cardiology', 0, noon - 1)).toEqual([])
})

it('more calls than fit into one question', async () => {
  for (let call = 0; call < 501; call++) await write(`call-${String(call).padStart(3, '0')}`, noon + call, goodCall('x').slice(0, 3))
  expect((await past.callsOfLine('cardiology', noon, noon + 1_000)).map(({ callId }) => callId)).toEqual(
    Array.from({ length: 501 }, (_, call) => `call-${String(call).padStart(3, '0')}`),
  )
})

it('what became of ringing a telephone, on any line, when it is over', async () => {
  await write('one', noon, goodCall('one', { line: 'ent' }))
  await write('running', noon + 1_000_000, untilTalking('running').slice(0, 6))
  const found = await past.ringings([okafor], noon, noon + 2_000_000)
  expect(found).toMatchObject([
    {
      callId: 'one',
      attempt: 'one-1',
      line: 'ent',
      candidate: 'clinician:dr-okafor',
      pool: 'local',
      startedAt: noon + 4_000,
      answeredAt: undefined,
      endedAt: noon + 6_000,
      result: 'noAnswer',
    },
  ])
  expect(await past.ringings([specialistsNumber], noon, noon + 2_000_000)).toMatchObject([
    { attempt: 'one-2', result: 'accepted', answeredAt: noon + 9_000, callEndedAt: noon + (goodCall('one').length - 1) * 1_000 },
  ])
  expect(await past.ringings([okafor], noon + 4_001, noon + 900_000)).toEqual([])
  expect(await past.ringings([], 0, noon * 2)).toEqual([])
})
