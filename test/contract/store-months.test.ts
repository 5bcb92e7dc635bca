import { join } from 'node:path'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { newCallId } from '../../src/facts/call-id.js'
import { copyStore, verifyStore } from '../../src/store/copy.js'
import { listColumns, makeListColumns } from '../../src/store/list-columns.js'
import { migrate } from '../../src/store/migrate.js'
import { openOn, poolOf, writableOn } from '../../src/store/postgres/connections.js'
import { postgresMigrations } from '../../src/store/postgres/migrations.js'
import { openPostgresForWriting } from '../../src/store/postgres/open.js'
import { openForWriting } from '../../src/store/sqlite/open.js'
import { openStore, type Store } from '../../src/store/store.js'
import { writesTo } from '../../src/store/writes.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { events } from '../kit/question-samples.js'
import { goodCall } from '../kit/sample-call.js'

const monthsStep = Object.keys(postgresMigrations).find((name) => name.endsWith('-months')) ?? ''
const november = Date.UTC(2026, 10, 20, 9)
const untimed = [
  'one',
  crypto.randomUUID(),
  '00000000-0000-4000-8000-000000000001',
  '019b7731-4000-4000-8000-000000000002',
  '03ffffff-0000-4000-8000-000000000003',
]

describe.skipIf(noPostgres !== undefined)(
  `facts by month in PostgreSQL${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  () => {
    let postgres: Postgres
    beforeAll(async () => {
      postgres = await Postgres.start()
    }, 120_000)
    afterAll(() => postgres.close())

    async function engine(url: string, now: () => number, node = 'engine-1'): Promise<Store> {
      const store = await openStore({ file: join(scratchFolder(), 'unused.db'), postgres: { url }, node, alarms: new AlarmBoard(), now })
      onTestFinished(() => store.close())
      return store
    }

    const write = (store: Store, callId: string) => Promise.all(goodCall(callId).map((fact) => store.log.append(callId, fact)))
    const tableOf = async (url: string, callId: string) =>
      (await postgres.by(url, `select distinct tableoid::regclass::text as name from call_events where call_id = '${callId}'`)).map(
        ({ name }) => name,
      )
    const partitions = async (url: string) =>
      (
        await postgres.by(
          url,
          "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'call_events'::regclass order by 1",
        )
      ).map(({ name }) => String(name))
    const verified = async (url: string) => {
      const database = openOn(poolOf(url, { name: 'test', connections: 1, statementMs: 0 }))
      onTestFinished(() => database.close())
      const { gaps, differing, facts, linked } = await verifyStore(database)
      return { gaps, differing, facts, wrong: linked.wrong }
    }

    test('all facts of a call stand in one partition, those that come months later too, and are asked for there alone', async () => {
      const url = await postgres.database()
      let now = Date.now()
      const store = await engine(url, () => now)
      const callId = newCallId(now)
      await write(store, callId)
      now += 70 * 24 * 60 * 60_000
      await store.log.append(callId, { type: 'outcome.left', outcome: 'referral-made', by: 'staff' })
      expect(await tableOf(url, callId)).toEqual([`call_events_${new Date().toISOString().slice(0, 7).replace('-', '_')}`])
      // As the engine asks: prepared, with its id apart.
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      onTestFinished(() => client.end())
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        await client.query(`set plan_cache_mode = ${mode}`)
        for (const [text, values] of [
          ['select * from call_events where call_id = $1 order by seq', [callId]],
          ['select * from call_events where call_id in ($1, $2) order by call_id, seq', [callId, callId]],
          ['select seq from call_events where call_id = $1 order by seq desc limit 1', [callId]],
        ] as const) {
          const { rows } = await client
            .query<{ 'QUERY PLAN': string }>(`prepare asked as ${text}`)
            .then(() =>
              client.query<{ 'QUERY PLAN': string }>(
                `explain (analyze, costs off, timing off) execute asked (${values.map((value) => `'${value}'`).join(', ')})`,
              ),
            )
          const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
          const read = [...plan.matchAll(/on (call_events_\w+)/g)]
            .map(([, table]) => table)
            .filter((table) => table?.endsWith('_pkey') === false)
          expect(read, `${mode}: ${plan}`).toEqual(await tableOf(url, callId))
          await client.query('deallocate asked')
        }
      }
    })

    test('every partition refuses changes, deletions and a second fact of one number, by its own name too', async () => {
      const url = await postgres.database()
      const store = await engine(url, Date.now)
      const ids = [newCallId(Date.now()), ...untimed]
      for (const callId of ids) await write(store, callId)
      expect(await partitions(url)).toHaveLength(5)
      for (const table of ['call_events', ...(await partitions(url))]) {
        await expect(postgres.by(url, `truncate ${table}`), table).rejects.toThrow(/append-only/)
        const [row] = await postgres.by(url, `select call_id from ${table} limit 1`)
        if (row === undefined) continue
        await expect(postgres.by(url, `update ${table} set data = '{}'`), table).rejects.toThrow(/append-only/)
        await expect(postgres.by(url, `delete from ${table}`), table).rejects.toThrow(/append-only/)
        await expect(postgres.by(url, `insert into call_events select * from ${table} limit 1`), table).rejects.toThrow(/duplicate key/)
      }
      expect(await verified(url)).toMatchObject({ gaps: [], differing: [], wrong: [] })
    })

    test('a fact of a month that has no partition is kept all the same, and moved when there is one; who writes meanwhile loses nothing', async () => {
      const url = await postgres.database()
      const store = await engine(url, Date.now)
      const early = newCallId(Date.UTC(2026, 2, 10))
      for (const callId of [early, ...untimed]) await write(store, callId)
      expect(await tableOf(url, early)).toEqual(['call_events_rest'])
      const during = Array.from({ length: 40 }, (_, n) => newCallId(Date.UTC(2026, 2, 11) + n))
      const [, ...kept] = await Promise.all([store.upkeep(), ...during.map((callId) => write(store, callId))])
      expect(kept.flat().every((event) => event !== undefined)).toBe(true)
      await store.upkeep()
      expect(await partitions(url)).toContain('call_events_2026_03')
      for (const callId of [early, ...during]) expect(await tableOf(url, callId)).toEqual(['call_events_2026_03'])
      await expect(postgres.by(url, 'delete from call_events_rest')).rejects.toThrow(/append-only/)
      expect(await verified(url)).toEqual({
        gaps: [],
        differing: [],
        wrong: [],
        facts: (1 + untimed.length + during.length) * goodCall('x').length,
      })
      await expect(postgres.by(url, 'truncate call_events_2026_03')).rejects.toThrow(/append-only/)
    })

    test('a long read holds up no engine: the partition is made the next time', async () => {
      const url = await postgres.database()
      const store = await engine(url, Date.now)
      await write(store, newCallId(Date.UTC(2026, 2, 10)))
      const reader = new pg.Client({ connectionString: url })
      await reader.connect()
      onTestFinished(() => reader.end())
      await reader.query('begin; select count(*) from call_events')
      await store.upkeep()
      expect(await partitions(url)).not.toContain('call_events_2026_03')
      await reader.query('commit')
      await store.upkeep()
      expect(await partitions(url)).toContain('call_events_2026_03')
    })

    test('a clock that is years ahead fills no catalogue', async () => {
      const url = await postgres.database()
      const store = await engine(url, Date.now)
      await write(store, newCallId(Date.UTC(2107, 2, 10)))
      await store.upkeep()
      expect(await partitions(url)).not.toContain('call_events_2107_03')
      expect(await verified(url)).toMatchObject({ gaps: [], facts: goodCall('x').length })
    })

    test('an older store is taken over by five engines that start at once', async () => {
      const url = await postgres.database()
      const then = writableOn(poolOf(url, { name: 'test', connections: 2, statementMs: 0 }))
      const db = new Kysely<unknown>({
        dialect: new PostgresDialect({ pool: poolOf(url, { name: 'test', connections: 2, statementMs: 0 }) }),
      })
      await migrate(db, Object.fromEntries(Object.entries(postgresMigrations).filter(([name]) => name < monthsStep)))
      // Today's writer knows columns that came later.
      await makeListColumns(db, 'text')
      const ids = [...untimed, ...Array.from({ length: 300 }, () => crypto.randomUUID())]
      await writesTo(then).append(ids.flatMap((callId) => events(callId, november, goodCall(callId))))
      for (const column of listColumns) await db.schema.alterTable('calls').dropColumn(column).execute()
      await Promise.all([then.close(), db.destroy()])
      const engines = await Promise.all([1, 2, 3, 4, 5].map((n) => engine(url, Date.now, `engine-${n}`)))
      const started = newCallId(Date.now())
      await write(engines[1]!, started)
      await engines[0]!.log.append(ids[7]!, { type: 'outcome.left', outcome: 'referral-made', by: 'staff' })
      for (const callId of ids) expect((await engines[2]!.events(callId)).length).toBeGreaterThanOrEqual(goodCall(callId).length)
      expect(await tableOf(url, 'one')).toEqual(['call_events_untimed'])
      expect(await tableOf(url, untimed[2]!)).toEqual(['call_events_rest'])
      for (const table of ['call_events_untimed', 'call_events_rest'])
        await expect(postgres.by(url, `delete from ${table}`)).rejects.toThrow(/append-only/)
      expect(await verified(url)).toEqual({ gaps: [], differing: [], wrong: [], facts: (ids.length + 1) * goodCall('x').length + 1 })
    }, 60_000)

    test('a copy of a file has the months of its calls, and goes back as it was', async () => {
      const file = await openForWriting(join(scratchFolder(), 'calls.db'))
      onTestFinished(() => file.close())
      const ids = [...untimed, ...[1, 5, 9].map((month) => newCallId(Date.UTC(2026, month, 3)))]
      await writesTo(file).append(ids.flatMap((callId) => events(callId, november, goodCall(callId))))
      const url = await postgres.database()
      const to = await openPostgresForWriting(url)
      onTestFinished(() => to.close())
      const copied = await copyStore(file, to)
      expect(copied.kind).toBe('copied')
      expect(await partitions(url)).toEqual(expect.arrayContaining(['call_events_2026_02', 'call_events_2026_06', 'call_events_2026_10']))
      expect(await tableOf(url, ids.at(-1)!)).toEqual(['call_events_2026_10'])
      const back = await openForWriting(join(scratchFolder(), 'back.db'))
      onTestFinished(() => back.close())
      expect(await copyStore(to, back)).toEqual(copied)
    })
  },
)
