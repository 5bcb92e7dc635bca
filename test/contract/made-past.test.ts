import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillPostgres } from '../../bench/growth/fill-postgres.js'
import { fillSqlite } from '../../bench/growth/fill-sqlite.js'
import { madeCalls, pastMs } from '../../bench/growth/made-calls.js'
import { makePast, type Filling } from '../../bench/growth/made-store.js'
import { entriesOf, eventsOf } from '../../bench/growth/past-rows.js'
import { unknownOrigin } from '../../src/facts/actor.js'
import { ChainWriter } from '../../src/store/chain/chain-writer.js'
import { verifyStore } from '../../src/store/copy.js'
import type { WritableDatabase } from '../../src/store/database.js'
import { openPostgresForWriting } from '../../src/store/postgres/open.js'
import { lastEntry } from '../../src/store/questions/links.js'
import { openForWriting } from '../../src/store/sqlite/open.js'
import type { Schema } from '../../src/store/schema.js'
import { writesTo } from '../../src/store/writes.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { noPostgres, Postgres } from '../kit/postgres.js'

const now = Date.UTC(2026, 10, 30, 12)
/** Some of each kind, call-backs that are open and such that are not among them; more than one link holds. */
const calls = 450
const nothing = () => undefined

/** What is compared, by what its rows are sorted. Numbers that only count writes are left out. */
const tables: Readonly<Partial<Record<keyof Schema, { readonly by: readonly string[]; readonly without?: readonly string[] }>>> = {
  call_events: { by: ['call_id', 'seq'] },
  calls: { by: ['call_id'] },
  attempts: { by: ['call_id', 'attempt'] },
  recordings: { by: ['recording_id'] },
  roll_ups: { by: ['scope', 'id', 'month', 'figure', 'part'] },
  targets: { by: ['target'], without: ['id', 'version'] },
  candidates: { by: ['candidate'] },
  spending: { by: ['quarter', 'account'] },
  engines: { by: ['node'] },
  ledger: { by: ['seq'] },
  links: { by: ['number'] },
  unlinked: { by: ['call_id'] },
}

/** The same past, by the store's own writer: fact by fact, call by call. */
async function written(database: WritableDatabase): Promise<void> {
  const writes = writesTo(database)
  const chain = new ChainWriter({
    database: { writing: database, reading: database.db, settledEntries: () => lastEntry(database.db) },
    node: '',
    now: () => now,
  })
  const whole = () => chain.extend(() => Promise.resolve(true))
  await whole()
  for (const made of madeCalls(calls, now)) {
    await writes.append(eventsOf(made))
    for (const entry of entriesOf(made)) await writes.keepEntry({ ...unknownOrigin, topic: 'arrangement', ...entry })
  }
  await writes.alive(now, '')
  await whole()
}

async function rowsOf({ db }: WritableDatabase, table: keyof Schema): Promise<readonly unknown[]> {
  const { by, without = [] } = tables[table]!
  let query = db.selectFrom(table).selectAll()
  for (const column of by) query = query.orderBy(column as never)
  const rows = ((await query.execute()) as readonly Readonly<Record<string, unknown>>[]).filter(
    (row) => !(table === 'roll_ups' && row['scope'] === 'month'),
  )
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([name]) => !without.includes(name))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  )
}

async function theSame(filling: Filling, filled: () => Promise<WritableDatabase>, other: WritableDatabase): Promise<void> {
  expect(await makePast(filling, calls, now, nothing)).toBeGreaterThan(1)
  await written(other)
  const one = await filled()
  try {
    for (const table of Object.keys(tables) as (keyof Schema)[]) {
      const there = await rowsOf(other, table)
      if (table !== 'unlinked') expect(there.length, table).toBeGreaterThan(0)
      expect(await rowsOf(one, table), table).toEqual(there)
    }
    expect(await verifyStore(one)).toMatchObject({ gaps: [], differing: [], linked: { wrong: [], waiting: 0 } })
    // What comes next has its number.
    await writesTo(one).keepEntry({ ...unknownOrigin, topic: 'arrangement', subject: 'next', at: now, type: 'made', data: {} })
    await writesTo(one).append(
      eventsOf({
        callId: 'next',
        facts: [
          { at: now, elapsedMs: 0, fact: { type: 'call.arrived', kind: 'dialIn', callerNumber: '1', dialledNumber: '2', source: '' } },
          {
            at: now,
            elapsedMs: 1,
            fact: { type: 'attempt.started', attempt: 'n', candidate: 'c', label: 'l', pool: 'local', target: '+441632960999' },
          },
        ],
      }),
    )
  } finally {
    await one.close()
    await other.close()
  }
}

test('a past that is made for measurements in a file is the one that the store would have written', async () => {
  const [file, other] = [join(scratchFolder(), 'made.db'), join(scratchFolder(), 'written.db')]
  await theSame(await fillSqlite(file), () => openForWriting(file), await openForWriting(other))
})

describe.skipIf(noPostgres !== undefined)(`in PostgreSQL${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`, () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await Postgres.start()
  }, 120_000)
  afterAll(() => postgres.close())

  test('the same', async () => {
    const [url, other] = [await postgres.database(), await postgres.database()]
    await theSame(
      await fillPostgres(postgres, url, now - pastMs, now),
      () => openPostgresForWriting(url),
      await openPostgresForWriting(other),
    )
    // All of it stands in its month, and every index is there again.
    expect(await postgres.by(url, 'select count(*) from call_events_rest')).toEqual([{ count: '0' }])
    const indexes =
      "select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename not like 'call_events\\_%' order by 1"
    expect(await postgres.by(url, indexes)).toEqual(await postgres.by(other, indexes))
    // One of a table in partitions is invalid until each of these has its own.
    expect(await postgres.by(url, 'select indexrelid::regclass::text as index from pg_index where not indisvalid')).toEqual([])
  })
})
