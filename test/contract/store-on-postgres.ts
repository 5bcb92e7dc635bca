import { Kysely, PostgresDialect, type CompiledQuery } from 'kysely'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { unknownOrigin } from '../../src/facts/actor.js'
import type { CallEvent } from '../../src/facts/events.js'
import { openPostgresForWriting } from '../../src/store/postgres/open.js'
import { questions } from '../../src/store/questions.js'
import type { Schema } from '../../src/store/schema.js'
import { writesTo } from '../../src/store/writes.js'
import { askAny, asked, events, failing, noon, samples, staffOutcome } from '../kit/question-samples.js'
import { openStore, type Store } from '../../src/store/store.js'
import { openForWriting } from '../../src/store/sqlite/open.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'
import type { Postgres } from '../kit/postgres.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Ground, StorePlace } from './store-contract.js'

async function engine(place: StorePlace, node: string): Promise<{ store: Store; alarms: AlarmBoard }> {
  const alarms = new AlarmBoard()
  const store = await openStore({ ...place.settings, node, alarms })
  onTestFinished(() => store.close())
  return { store, alarms }
}

const write = async (store: Store, callId: string, facts = goodCall(callId)) =>
  Promise.all(facts.map((fact) => store.log.append(callId, fact)))

/** What only a store of several engines does. */
export function postgresAlone(postgres: () => Postgres, ground: Ground): void {
  test('five engines may start at once on an empty database, and write at once about the same telephones', async () => {
    const place = await ground.fresh()
    const engines = await Promise.all([1, 2, 3, 4, 5].map((n) => engine(place, `engine-${n}`)))
    await Promise.all(engines.flatMap(({ store }, n) => [0, 1, 2, 3].map((call) => write(store, `call-${n}-${call}`))))
    const { store } = engines[0]!
    // On a slow machine the caller of `append` is told so, and the facts are written later.
    await expect.poll(() => engines.every((one) => one.store.health().queued === 0), { timeout: 60_000 }).toBe(true)
    expect((await store.targets({ limit: 10 })).targets.map(({ rung }) => rung)).toEqual([20, 20])
    expect((await store.calls({ limit: 100 })).calls).toHaveLength(20)
    expect(await store.differing()).toEqual([])
    for (const { alarms } of engines) expect(alarms.active()).toEqual([])
  })

  test('an engine closes the calls that it left open itself, and no other', async () => {
    const place = await ground.fresh()
    const one = await engine(place, 'engine-1')
    await write(one.store, 'of-one', untilTalking('of-one'))
    await one.store.close()
    const two = await engine(place, 'engine-2')
    expect(await two.store.closeInterrupted()).toEqual([])
    await write(two.store, 'of-two', untilTalking('of-two'))
    const again = await engine(place, 'engine-1')
    expect(await again.store.closeInterrupted()).toEqual(['of-one'])
    expect((await two.store.calls({})).calls.map(({ callId, ending }) => [callId, ending])).toEqual(
      expect.arrayContaining([
        ['of-one', 'interrupted'],
        ['of-two', null],
      ]),
    )
  })

  test('of engines that all see one die, each of its calls goes to one; a run that is over gets none', async () => {
    const place = await ground.fresh()
    const url = place.settings.postgres?.url ?? ''
    const run = async (node: string, incarnation: string) => {
      const alarms = new AlarmBoard()
      const store = await openStore({ ...place.settings, node, incarnation, alarms })
      onTestFinished(() => store.close())
      return store
    }
    const [one, two, three] = [await run('engine-1', 'run-1'), await run('engine-2', 'run-2'), await run('engine-3', 'run-3')]
    const ids = Array.from({ length: 40 }, (_, index) => `call-${index}`)
    for (const id of ids) await write(one, id, untilTalking(id))
    await write(two, 'of-two', untilTalking('of-two'))
    for (const store of [one, two, three]) expect(await store.left.open()).toEqual([])
    await postgres().by(url, "update engine_runs set gone_at = 1, how = 'lapsed' where incarnation = 'run-1'")
    const lefts = await Promise.all([two, three].map((store) => store.left.open()))
    for (const left of lefts) expect(left.map(({ callId }) => callId).toSorted()).toEqual(ids.toSorted())
    // Each in an order of its own, some at a time.
    const taken = await Promise.all(
      [two, three].map(async (store, which) => {
        const left = which === 0 ? lefts[0]! : lefts[1]!.toReversed()
        const mine: string[] = []
        for (let start = 0; start < left.length; start += 7)
          mine.push(...(await store.left.claim(left.slice(start, start + 7))).map(({ callId }) => callId))
        return mine
      }),
    )
    expect(taken.flat().toSorted()).toEqual(ids.toSorted())
    expect(await three.left.elsewhere([...ids, 'of-two', 'unknown'], 0)).toEqual(new Set([...taken[0]!, 'of-two']))
    await expect(one.left.claim(lefts[0]!)).rejects.toMatchObject({ code: 'RR001' })
    // It comes back under its name, and its calls have an engine again.
    await one.close()
    const again = await run('engine-1', 'run-4')
    expect(await again.left.open()).toEqual([])
    expect(await again.closeInterrupted()).toEqual([])
  }, 60_000)

  test('facts that could not be written in time are not added to a call that another engine has continued', async () => {
    const place = await ground.fresh()
    const file = join(scratchFolder(), 'unused.db')
    const of = async (node: string, incarnation: string) => {
      const alarms = new AlarmBoard()
      const store = await openStore({
        ...place.settings,
        file: node === 'engine-1' ? file : place.settings.file,
        node,
        incarnation,
        alarms,
      })
      onTestFinished(() => store.close())
      return { store, alarms }
    }
    const one = await of('engine-1', 'run-1')
    await write(one.store, 'lost', untilTalking('lost'))
    const facts = await one.store.events('lost')
    await one.store.close()
    await postgres().by(
      place.settings.postgres?.url ?? '',
      "update engine_runs set gone_at = 1, how = 'lapsed' where incarnation = 'run-1'",
    )
    const two = await of('engine-2', 'run-2')
    expect(await two.store.left.claim(await two.store.left.open())).toHaveLength(1)
    await two.store.log.append('lost', { type: 'call.takenOver', from: 'engine-1', legs: [] })
    const late: readonly CallEvent[] = [
      { ...facts[0]!, callId: 'lost', seq: facts.length + 1, type: 'call.ended', ending: 'completed' },
      { ...facts[0]!, callId: 'lost', seq: facts.length + 2, type: 'outcome.left', outcome: 'referral-made', by: 'staff' },
      { ...facts[0]!, callId: 'kept', seq: 1 },
    ]
    writeFileSync(join(dirname(file), 'facts-not-stored.jsonl'), late.map((event) => `${JSON.stringify(event)}\n`).join(''))
    const again = await of('engine-1', 'run-3')
    const types = async (callId: string) => (await again.store.events(callId)).map(({ type }) => type)
    expect((await types('lost')).slice(facts.length)).toEqual(['call.takenOver', 'outcome.left'])
    expect(await types('kept')).toEqual(['call.arrived'])
    expect(again.alarms.active()).toMatchObject([
      { alarm: 'store.factsLost', detail: expect.stringContaining('1 facts of 1 calls that another engine') as unknown },
    ])
    expect(readdirSync(dirname(file)).some((name) => name.startsWith('facts-not-stored.jsonl.too-late-'))).toBe(true)
    // What was brought back belonged to nobody, and is closed by the engine whose it was.
    expect((await again.store.left.open()).map(({ callId }) => callId)).toEqual(['kept'])
    expect(await two.store.left.open()).toEqual([])
  }, 60_000)

  test('a fact that another engine adds to a call gets the next number, and is there for both', async () => {
    const place = await ground.fresh()
    const [one, two] = [await engine(place, 'engine-1'), await engine(place, 'engine-2')]
    await write(one.store, 'a')
    await two.store.log.append('a', { type: 'outcome.left', outcome: 'referral-made', by: 'staff' })
    await one.store.log.append('a', { type: 'outcome.left', outcome: 'referral-avoided', by: 'staff' })
    const events = await two.store.events('a')
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(events.slice(-2)).toMatchObject([
      { node: 'engine-2', outcome: 'referral-made' },
      { node: 'engine-1', outcome: 'referral-avoided' },
    ])
    expect(await one.store.differing()).toEqual([])
  })

  test('a second engine of the same name is refused in one line, and the first goes on', async () => {
    const place = await ground.fresh()
    const { store } = await engine(place, 'engine-1')
    await expect(openStore({ ...place.settings, node: 'engine-1', alarms: new AlarmBoard() })).rejects.toThrow(
      /an engine of the name engine-1 uses this database/,
    )
    await write(store, 'a')
    expect(await store.events('a')).toHaveLength(goodCall('a').length)
  }, 60_000)

  test('a character that PostgreSQL takes in no text holds nothing up', async () => {
    const { store } = await engine(await ground.fresh(), 'engine-1')
    const kept = await store.log.append('a', {
      type: 'call.arrived',
      kind: 'dialIn',
      callerNumber: 'x\0y',
      dialledNumber: '\ud800',
      source: '',
    })
    expect(kept).toBeDefined()
    expect((await store.calls({})).calls).toMatchObject([{ callerNumber: 'x\ufffdy', dialledNumber: '\ufffd' }])
    expect(await store.events('a')).toMatchObject([{ callerNumber: 'x\0y' }])
  })

  test('a server that is not available is named without its password', async () => {
    const { settings } = await ground.fresh()
    const url = 'postgres://ringround:hunter2@127.0.0.1:1/nothing'
    const refused = await openStore({ ...settings, postgres: { url }, alarms: new AlarmBoard() }).catch((error: unknown) => String(error))
    expect(refused).toMatch(
      /PostgreSQL \(database\.url\): the store cannot be opened: the database server cannot be reached \(ECONNREFUSED/,
    )
    expect(refused).not.toContain('hunter2')
    const absent = (settings.postgres?.url ?? '').replace(/\/[^/]*$/, '/nothing')
    await expect(openStore({ ...settings, postgres: { url: absent }, alarms: new AlarmBoard() })).rejects.toThrow(
      /there is no such database on the server \(3D000/,
    )
  })

  test(
    'a server that is gone, or frozen, loses nothing: facts are kept in order, and written when it is back',
    { timeout: 120_000 },
    async () => {
      const place = await ground.fresh()
      const alarms = new AlarmBoard()
      const store = await openStore({ ...place.settings, alarms, durableWaitMs: 300 })
      onTestFinished(() => store.close())
      await write(store, 'before')
      for (const [callId, away, back] of [
        ['gone', () => postgres().stop('SIGQUIT'), () => postgres().run()],
        ['frozen', () => Promise.resolve(postgres().signal('SIGSTOP')), () => Promise.resolve(postgres().signal('SIGCONT'))],
      ] as const) {
        await away()
        const kept = await write(store, callId)
        // Code that needs them on disk is told at once that they are not.
        expect(kept.filter((event) => event === undefined).length).toBeGreaterThan(0)
        expect(store.health().queued).toBeGreaterThan(0)
        await back()
        await expect.poll(() => store.health(), { timeout: 30_000 }).toMatchObject({ writing: true, queued: 0 })
        const events = await store.events(callId)
        expect(events.map(({ type }) => type)).toEqual(goodCall(callId).map(({ type }) => type))
        await expect.poll(() => alarms.active().map(({ alarm }) => alarm)).not.toContain('store.cannotWrite')
      }
      // The name was released when the server went, and is held again.
      await expect
        .poll(
          async () =>
            (await postgres().by(place.settings.postgres?.url ?? '', "select 1 from pg_locks where locktype = 'advisory' and granted"))
              .length,
          { timeout: 20_000 },
        )
        .toBe(1)
      expect(await store.differing()).toEqual([])
      expect(alarms.active()).toEqual([])
    },
  )

  test('tables and columns are those of SQLite', async () => {
    const { settings } = await ground.fresh()
    await (await engine({ settings, byHand: () => Promise.resolve() }, 'engine-1')).store.close()
    const columns = await postgres().by(
      settings.postgres?.url ?? '',
      "select table_name || '.' || column_name || case is_nullable when 'YES' then '?' else '' end as name from information_schema.columns where table_schema = 'public' and table_name not like 'kysely%' and table_name not like 'call_events\\_%' and table_name <> 'engine_beats'",
    )
    const file = await openForWriting(join(scratchFolder(), 'calls.db'))
    onTestFinished(() => file.close())
    const tables = await file.db.introspection.getTables()
    const optional = (table: string, column: string, isNullable: boolean) =>
      isNullable &&
      !new Set([
        'calls.call_id',
        'recordings.recording_id',
        'engines.node',
        'candidates.candidate',
        'ledger.seq',
        'targets.id',
        'engine_runs.incarnation',
        'not_now.clinician',
        'push_subscriptions.id',
      ]).has(`${table}.${column}`)
    expect(columns.map(({ name }) => name).toSorted()).toEqual(
      tables
        .flatMap(({ name, columns: all }) =>
          all.map((column) => `${name}.${column.name}${optional(name, column.name, column.isNullable) ? '?' : ''}`),
        )
        .toSorted(),
    )
  })

  test('no question scans a table that grows', async () => {
    const { settings } = await ground.fresh()
    const url = settings.postgres?.url ?? ''
    const database = await openPostgresForWriting(url)
    onTestFinished(() => database.close())
    const writes = writesTo(database)
    await writes.append(events('one', noon, [...goodCall('one'), staffOutcome, ...failing]))
    await writes.keepEntry({ ...unknownOrigin, topic: 'arrangement', subject: 'a', at: noon, type: 'made', data: {} })
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onTestFinished(() => client.end())
    // With so few rows it would read all of them: what matters is whether it has another way.
    for (const way of ['seqscan', 'sort', 'bitmapscan', 'incremental_sort']) await client.query(`set enable_${way} = off`)
    const found: string[] = []
    for (const name of asked('start', 'call', 'list', 'report')) {
      for (const args of samples[name]) {
        const statements: CompiledQuery[] = []
        const noting = new Kysely<Schema>({
          dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) }),
          log: ({ query }) => void statements.push(query),
        })
        await askAny(name, noting, args).finally(() => noting.destroy())
        expect(statements.length, `${name} asks nothing`).toBeGreaterThan(0)
        for (const { sql: text, parameters } of statements) {
          const { rows } = await client.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(`explain (format json) ${text}`, [
            ...parameters,
          ])
          found.push(
            ...badSteps(rows[0]!['QUERY PLAN'][0]!.Plan, / limit /i.test(text), questions[name].when === 'list').map(
              (step) => `${name}: ${step}: ${text}`,
            ),
          )
        }
      }
    }
    expect(found).toEqual([])
  })
}

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PlanNode[]
}

/** Steps of a plan that read what grows. In the order of an index, and no further than a page, is no such reading. */
function badSteps(plan: PlanNode, limited: boolean, list: boolean): readonly string[] {
  const nodes = (node: PlanNode): readonly PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodes)]
  const all = nodes(plan)
  const sorts = all.some((node) => node['Node Type'].includes('Sort'))
  return all.flatMap((node) => {
    const [type, table] = [node['Node Type'], node['Relation Name'] ?? '']
    // A row for each engine; the calls that run.
    if (table === 'engines' || table === 'engine_runs' || node['Index Name'] === 'calls_unended') return []
    const whole = type.startsWith('Index') && node['Index Cond'] === undefined && !(limited && !sorts)
    return type === 'Seq Scan' || whole || (list && limited && type.includes('Sort'))
      ? [`${type} ${table} ${node['Index Name'] ?? ''}`.trim()]
      : []
  })
}
