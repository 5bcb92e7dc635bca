import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import type { CallFact } from '../../src/facts/events.js'
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

/** Tables of a store of before the directory, the chain, sums, accounts and whatever else came after. */
const earlyTables = ['call_events', 'calls', 'attempts', 'recordings', 'ledger', 'engines', 'targets', 'candidates', 'spending', 'kysely_migration', 'kysely_migration_lock', 'sqlite_sequence']

/** Back to a store of step 008: all that later steps made is gone. */
function undoLaterSteps(before: Database.Database): void {
  const tables = before.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[]
  for (const { name } of tables) if (!earlyTables.includes(name)) before.exec(`drop table ${name}`)
  for (const index of ['calls_not_rolled_up', 'recordings_by_start']) before.exec(`drop index if exists ${index}`)
  for (const column of ['line_chosen_after_ms', 'talk_started_after_ms', 'clinician', 'pool', 'rolled_up', 'owner']) before.exec(`alter table calls drop column ${column}`)
  before.exec("delete from kysely_migration where name > '008-several-engines'")
}

/** Back to a store of before several engines could write to one. */
function undoSeveralEngines(before: Database.Database): void {
  undoLaterSteps(before)
  before.exec('create table engine_life (id integer primary key, alive_at bigint not null)')
  before.exec('insert into engine_life (id, alive_at) values (1, 7000)')
  before.exec('drop table engines')
  before.exec('alter table targets drop column version')
  before.exec("delete from kysely_migration where name = '008-several-engines'")
}

/** Back to a store of before what a start reads was kept up to date. */
function undoProjectionsOfTheStart(before: Database.Database): void {
  undoSeveralEngines(before)
  for (const table of ['targets', 'candidates', 'spending']) before.exec(`drop table ${table}`)
  for (const index of ['attempts_by_target', 'calls_by_line_and_ending', 'calls_by_organisation_and_ending', 'calls_by_line_and_organisation', 'calls_by_staff_outcome']) before.exec(`drop index ${index}`)
  before.exec("create index outcome_facts on call_events (at) where type = 'outcome.left'")
  before.exec("delete from kysely_migration where name = '007-what-a-start-reads'")
}

/** Back to a store of before facts said who did it. */
function undoWhoAndWhere(before: Database.Database): void {
  for (const table of ['calls', 'attempts']) {
    before.exec(`drop index ${table}_by_sip_call_id`)
    for (const column of ['sip_call_id', 'trunk']) before.exec(`alter table ${table} drop column ${column}`)
  }
  before.exec('alter table calls drop column node')
  for (const table of ['call_events', 'ledger']) for (const column of ['actor', 'actor_id', 'node']) before.exec(`alter table ${table} drop column ${column}`)
  before.exec("delete from kysely_migration where name = '006-who-and-where'")
}

async function write(store: Store, callId: string, facts: readonly CallFact[]): Promise<void> {
  await Promise.all(facts.map((fact) => store.log.append(callId, fact)))
}

test('an engine of before kept the wall clock alone: its calls read as they did, and an acceptance that came to nothing is gone from its lists', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const { store } = await opened(file)
  const undone = untilTalking('undone', { heardAt: 13_000 }).slice(0, 12)
  const facts = new Map<string, readonly CallFact[]>([
    ['good', goodCall('good').map((fact) => (fact.type === 'attempt.accepted' ? { ...fact, proof: { ...fact.proof, heardAt: 12_000 } } : fact))],
    ['undone', [...undone, { type: 'attempt.ended', attempt: 'undone-2', result: 'answeredThenHungUp' }, { type: 'call.ended', ending: 'unanswered' }]],
  ])
  const ofThen = (fact: CallFact): CallFact => (fact.type === 'call.arrived' ? (({ sipCallId: _id, trunk: _trunk, ...rest }) => rest)(fact) : fact)
  for (const [callId, all] of facts) for (const [index, fact] of all.entries()) await store.appendLate(callId, ofThen(fact), (index + 1) * 1_000)
  await store.close()
  // Back to the tables of before, with what that engine wrote there.
  const before = new Database(file)
  for (const column of ['started_after_ms', 'answered_after_ms', 'accepted_after_ms', 'ended_after_ms']) before.exec(`alter table attempts drop column ${column}`)
  before.exec('alter table calls drop column ended_after_ms')
  before.exec('alter table call_events drop column elapsed_ms')
  undoProjectionsOfTheStart(before)
  undoWhoAndWhere(before)
  before.exec("delete from kysely_migration where name = '005-time-of-the-call'")
  before.exec("update attempts set accepted_at = 13000 where attempt = 'undone-2'")
  before.exec("update calls set accepted_at = 13000, accepted_by = 'undone-2', wait_ms = 10000 where call_id = 'undone'")
  before.close()

  const again = await opened(file)
  // The figures of telephones as well: they are made from the record.
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

test('what an engine of before wrote reads as done by the system, and nothing else about it is changed', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const { store } = await opened(file, { node: 'engine-1' })
  await write(store, 'one', goodCall('one'))
  await store.ledger.append('device', 'ward-7', 'made', { owner: 'x' }, { kind: 'staff' })
  const told = await store.events('one')
  await store.close()
  const before = new Database(file)
  undoProjectionsOfTheStart(before)
  undoWhoAndWhere(before)
  before.close()

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

test('a file that is no database is refused by name', async () => {
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
