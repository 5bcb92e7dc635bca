import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import type { CallFact } from '../../src/facts/events.js'
import { migrate } from '../../src/store/migrate.js'
import { sqliteMigrations } from '../../src/store/sqlite/migrations.js'
import { openBeside } from '../../src/store/sqlite/open.js'
import { openStore, type Store, type StoreSettings } from '../../src/store/store.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'
import { scratchFolder } from './scratch-folder.js'

async function opened(file: string, more: Partial<StoreSettings> = {}): Promise<{ store: Store; alarms: AlarmBoard }> {
  const alarms = new AlarmBoard()
  const store = await openStore({ file, alarms, ...more })
  onTestFinished(() => store.close())
  return { store, alarms }
}

async function all<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const one of pages) found.push(one)
  return found
}

/** Turns the file into an older store with the rows that it could hold, made by the migrations of that time. @param upTo the last of these */
async function storeOfThen(file: string, upTo: string): Promise<Database.Database> {
  const then = `${file}.then`
  new Database(then).close()
  const made = openBeside(then)
  await migrate(made.db, Object.fromEntries(Object.entries(sqliteMigrations).filter(([name]) => name <= upTo)))
  await made.close()
  const before = new Database(then)
  before.exec(`attach '${file}' as later`)
  const columns = (store: string, table: string) =>
    (before.prepare(`select name from pragma_table_info('${table}', '${store}')`).all([]) as readonly { readonly name: string }[]).map(
      ({ name }) => name,
    )
  for (const { name: table } of before
    .prepare("select name from main.sqlite_master where type = 'table' and name not like 'kysely%' and name not like 'sqlite%'")
    .all([]) as readonly { readonly name: string }[]) {
    const known = new Set(columns('later', table))
    const both = columns('main', table).filter((name) => known.has(name))
    if (both.length > 0) before.exec(`insert into main.${table} (${both.join()}) select ${both.join()} from later.${table}`)
  }
  before.exec('detach later')
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
  before.exec(`vacuum into '${file}'`)
  before.close()
  const back = new Database(file)
  back.exec('insert or replace into engine_life (id, alive_at) values (1, 7000)')
  return back
}

async function write(store: Store, callId: string, facts: readonly CallFact[]): Promise<void> {
  await Promise.all(facts.map((fact) => store.log.append(callId, fact)))
}

test('an earlier engine stored only the wall clock: its calls read as before, and an acceptance without a talk is gone from its lists', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const { store } = await opened(file)
  const undone = untilTalking('undone', { heardAt: 13_000 }).slice(0, 12)
  const facts = new Map<string, readonly CallFact[]>([
    [
      'good',
      goodCall('good').map((fact) => (fact.type === 'attempt.accepted' ? { ...fact, proof: { ...fact.proof, heardAt: 12_000 } } : fact)),
    ],
    [
      'undone',
      [
        ...undone,
        { type: 'attempt.ended', attempt: 'undone-2', result: 'answeredThenHungUp' },
        { type: 'call.ended', ending: 'unanswered' },
      ],
    ],
  ])
  const ofThen = (fact: CallFact): CallFact =>
    fact.type === 'call.arrived' ? (({ sipCallId: _id, trunk: _trunk, ...rest }) => rest)(fact) : fact
  for (const [callId, all] of facts)
    for (const [index, fact] of all.entries()) await store.appendLate(callId, ofThen(fact), (index + 1) * 1_000)
  await store.close()
  // Back to the old tables, with that engine's rows.
  const before = await storeOfThen(file, '004-outcomes')
  before.exec("update attempts set accepted_at = 13000 where attempt = 'undone-2'")
  before.exec("update calls set accepted_at = 13000, accepted_by = 'undone-2', wait_ms = 10000 where call_id = 'undone'")
  before.close()

  const again = await opened(file)
  // Telephones' figures as well: they derive from the record.
  expect(await again.store.differing()).toEqual([])
  expect((await again.store.targets({ limit: 10 })).targets.map(({ label, rung, answered }) => [label, rung, answered])).toEqual([
    ['Dr Okafor', 2, 0],
    ['On-call mobile', 2, 2],
  ])
  expect((await again.store.calls({})).calls).toMatchObject([
    { callId: 'undone', acceptedBy: null, waitMs: null },
    { callId: 'good', acceptedBy: 'On-call mobile', waitMs: 9_000, talkMs: 5_000 },
  ])
})

test('an earlier engine’s facts read as done by the system, otherwise unchanged', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const { store } = await opened(file, { node: 'engine-1' })
  await write(store, 'one', goodCall('one'))
  await store.ledger.append('device', 'ward-7', 'made', { owner: 'x' }, { kind: 'staff' })
  const told = await store.events('one')
  await store.close()
  ;(await storeOfThen(file, '005-time-of-the-call')).close()

  const again = await opened(file, { node: 'engine-2' })
  expect(await again.store.events('one')).toEqual(told.map((event) => ({ ...event, actor: { kind: 'system' }, node: '' })))
  expect(await all(again.store.ledger.entries('device'))).toMatchObject([{ actor: { kind: 'system' }, node: '', data: { owner: 'x' } }])
  await again.store.log.append('one', { type: 'outcome.left', outcome: 'referral-made', by: 'staff' }, { kind: 'staff' })
  expect((await again.store.events('one')).at(-1)).toMatchObject({ actor: { kind: 'staff' }, node: 'engine-2' })
})

test('a second engine on the same file is refused in one line, and the first goes on', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const { store } = await opened(file)
  await expect(openStore({ file, alarms: new AlarmBoard() })).rejects.toThrow(/in use by another engine/)
  await write(store, 'one', goodCall('one'))
  expect(await store.events('one')).toHaveLength(22)
})

test('a file that is not a database is refused by name', async () => {
  const file = join(scratchFolder(), 'calls.db')
  writeFileSync(file, 'This is a letter, not a database. '.repeat(200))
  await expect(openStore({ file, alarms: new AlarmBoard() })).rejects.toThrow(file)
  expect(existsSync(file)).toBe(true)
})

test('a store in a folder that cannot be made is refused by name', async () => {
  const folder = scratchFolder()
  writeFileSync(join(folder, 'data'), '')
  const file = join(folder, 'data', 'calls.db')
  await expect(openStore({ file, alarms: new AlarmBoard() })).rejects.toThrow(file)
})
