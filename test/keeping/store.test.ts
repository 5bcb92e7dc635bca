import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/live/alarm-board.js'
import { afterTalking, goodCall, untilTalking } from '../../src/calls/scenario/sample-call.js'
import { scratchFolder } from './scratch-folder.js'
import { callRecord } from '../../src/calls/call-record.js'
import type { CallFact } from '../../src/calls/events.js'
import { openStore, type Store, type StoreSettings } from '../../src/store/store.js'

async function opened(file: string, more: Partial<StoreSettings> = {}): Promise<{ store: Store; alarms: AlarmBoard }> {
  const alarms = new AlarmBoard()
  const store = await openStore({ file, alarms, ...more })
  onTestFinished(() => store.close())
  return { store, alarms }
}

async function write(store: Store, callId: string, facts: readonly CallFact[]): Promise<void> {
  await Promise.all(facts.map((fact) => store.log.append(callId, fact)))
}

test('facts come back in the order in which they happened, and the lists say what the facts say', async () => {
  const { store } = await opened(join(scratchFolder(), 'data', 'calls.db'))
  await write(store, 'one', goodCall('one'))
  const events = await store.events('one')
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  expect(events.map((event) => event.type)).toEqual(goodCall('one').map((fact) => fact.type))
  const page = await store.calls({})
  expect(page.calls).toMatchObject([{ callId: 'one', line: 'cardiology', refs: 2, attempts: 2, acceptedBy: 'On-call mobile', outcome: 'referral-avoided', ending: 'completed' }])
  expect(await store.differing()).toEqual([])
  expect(callRecord(events)?.attempts.map((attempt) => attempt.result)).toEqual(['noAnswer', 'accepted'])
})

test('listeners hear every fact at once and in order, before anything is on disk', async () => {
  const { store } = await opened(join(scratchFolder(), 'calls.db'))
  const heard: string[] = []
  const stop = store.log.subscribe((event) => heard.push(`${event.seq} ${event.type}`))
  const written = write(store, 'one', goodCall('one').slice(0, 3))
  expect(heard).toEqual(['1 call.arrived', '2 call.answered', '3 line.chosen'])
  await written
  stop()
  await store.log.append('one', { type: 'call.ended', ending: 'completed' })
  expect(heard).toHaveLength(3)
})

test('a listener that throws harms nobody and raises an alarm', async () => {
  const { store, alarms } = await opened(join(scratchFolder(), 'calls.db'))
  const heard: number[] = []
  store.log.subscribe(() => {
    throw new Error('board is broken')
  })
  store.log.subscribe((event) => heard.push(event.seq))
  await write(store, 'one', goodCall('one'))
  expect(heard).toHaveLength(goodCall('one').length)
  expect(alarms.active()).toMatchObject([{ alarm: 'store.listenerFailed' }])
})

test('the ledger keeps what is arranged besides calls: by topic, in order, over a restart, and it cannot be changed', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const first = await openStore({ file, alarms: new AlarmBoard(), now: () => 7_000 })
  await first.ledger.append('device', 'okafor-desk', 'made', { owner: 'dr-okafor' })
  await first.ledger.append('watchList', '+447700900123', 'cleared', {})
  const removed = await first.ledger.append('device', 'okafor-desk', 'removed', { nested: ['a', 1, null] })
  expect(removed).toMatchObject({ seq: 3, topic: 'device', subject: 'okafor-desk', at: 7_000, type: 'removed' })
  await first.close()

  const { store } = await opened(file)
  expect(await store.ledger.entries('device')).toEqual([
    { seq: 1, topic: 'device', subject: 'okafor-desk', at: 7_000, type: 'made', data: { owner: 'dr-okafor' } },
    { seq: 3, topic: 'device', subject: 'okafor-desk', at: 7_000, type: 'removed', data: { nested: ['a', 1, null] } },
  ])
  expect(await store.ledger.entries('arrangement')).toEqual([])
  const byHand = new Database(file)
  expect(() => byHand.exec("update ledger set data = '{}'")).toThrow(/append-only/)
  expect(() => byHand.exec('delete from ledger')).toThrow(/append-only/)
  byHand.close()
})

test('the database itself refuses to change or delete a fact', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const { store } = await opened(file)
  await write(store, 'one', goodCall('one'))
  const byHand = new Database(file)
  onTestFinished(() => {
    byHand.close()
  })
  expect(() => byHand.exec("update call_events set data = '{}'")).toThrow(/append-only/)
  expect(() => byHand.exec('delete from call_events')).toThrow(/append-only/)
})

test('a list that was changed by hand is found out and made anew from the facts', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const { store } = await opened(file)
  await write(store, 'one', goodCall('one'))
  await write(store, 'two', goodCall('two'))
  await write(store, 'three', untilTalking('three'))
  const byHand = new Database(file)
  byHand.exec("update calls set ending = 'unanswered' where call_id = 'one'")
  byHand.exec("delete from attempts where call_id = 'two'")
  byHand.exec("insert into calls select 'ghost', kind, arrived_at, caller_number, dialled_number, source, organisation, line, answered_at, accepted_at, accepted_by, wait_ms, talk_ms, refs, attempts, outcome, outcome_by, outcome_at, ending, ending_detail, ended_at, last_seq, ended_after_ms from calls where call_id = 'one'")
  byHand.close()
  expect((await store.differing()).toSorted()).toEqual(['ghost', 'one', 'two'])
  expect(await store.rebuild()).toBe(3)
  expect(await store.differing()).toEqual([])
  await write(store, 'three', afterTalking('three'))
  expect(await store.differing()).toEqual([])
})

test('calls are listed newest first, filtered, page by page', async () => {
  let now = Date.parse('2026-03-02T09:00:00Z')
  const { store } = await opened(join(scratchFolder(), 'calls.db'), { now: () => now })
  for (let index = 0; index < 7; index++) {
    now += index === 3 ? 0 : 60_000
    const line = index % 2 === 0 ? 'cardiology' : 'ent'
    await write(store, `call-${index}`, index === 6 ? untilTalking('call-6', { line }) : goodCall(`call-${index}`, { line, organisation: index < 2 ? 'mill-lane' : 'elm-row' }))
  }
  const seen: string[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < 5; pages++) {
    const page = await store.calls({ limit: 3, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...page.calls.map((call) => call.callId))
    cursor = page.nextCursor
    if (cursor === undefined) break
  }
  expect(seen).toEqual(['call-6', 'call-5', 'call-4', 'call-3', 'call-2', 'call-1', 'call-0'])
  const ids = async (filter: Parameters<Store['calls']>[0]) => (await store.calls(filter)).calls.map((call) => call.callId)
  expect(await ids({ line: 'ent' })).toEqual(['call-5', 'call-3', 'call-1'])
  expect(await ids({ organisation: 'mill-lane' })).toEqual(['call-1', 'call-0'])
  expect(await ids({ ending: 'completed', line: 'cardiology' })).toEqual(['call-4', 'call-2', 'call-0'])
  expect(await ids({ from: Date.parse('2026-03-02T09:03:00Z'), to: Date.parse('2026-03-02T09:05:00Z') })).toEqual(['call-4', 'call-3', 'call-2'])
  expect(await ids({ line: "x' or '1'='1" })).toEqual([])
})

test('numbering goes on where it was after a restart, also for facts that come long after the call', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const first = await opened(file)
  await write(first.store, 'one', goodCall('one'))
  await first.store.close()
  const { store } = await opened(file)
  const ready: CallFact = { type: 'recording.ready', recordingId: 'one-r', path: '2026/03/02/one.mp3', bytes: 4000, seconds: 1, sha256: 'ab' }
  const [event, outcome] = await Promise.all([store.log.append('one', ready), store.log.append('one', { type: 'outcome.left', outcome: 'referral-made', by: 'staff' })])
  expect([event?.seq, outcome?.seq]).toEqual([23, 24])
  await store.log.append('one', { type: 'alarm.raised', alarm: 'x', detail: 'y' })
  expect(await store.recording('one-r')).toMatchObject({ callId: 'one', state: 'ready', path: '2026/03/02/one.mp3' })
  expect((await store.calls({})).calls[0]).toMatchObject({ outcome: 'referral-made', recording: { state: 'ready', seconds: 1 } })
})

test('calls that a dead engine left open are closed as interrupted, at the last sign of life', async () => {
  const folder = scratchFolder()
  const file = join(folder, 'calls.db')
  const begin = Date.parse('2026-03-02T09:00:00Z')
  let now = begin
  const first = await opened(file, { now: () => now })
  await write(first.store, 'talking', untilTalking('talking', { heardAt: begin }))
  now += 1_000
  await write(first.store, 'ringing', goodCall('ringing').slice(0, 9))
  now = begin
  await write(first.store, 'over', goodCall('over'))
  await first.store.close()

  now = begin + 3_600_000
  const { store } = await opened(file, { now: () => now })
  expect(await store.closeInterrupted()).toEqual(['talking', 'ringing'])
  const talking = callRecord(await store.events('talking'))
  expect(talking).toMatchObject({ ending: 'interrupted', talkEndedBy: 'system', talkMs: 0, endedAt: begin })
  expect(talking?.recordings).toMatchObject([{ state: 'stopped' }])
  expect(callRecord(await store.events('ringing'))).toMatchObject({ ending: 'interrupted', attempts: [{ result: 'noAnswer' }, { result: 'cancelled', reason: 'the engine stopped' }] })
  expect(callRecord(await store.events('over'))).toMatchObject({ ending: 'completed' })
  expect(await store.differing()).toEqual([])
})

test('a call that the last run broke off between acceptance and connection was accepted by nobody', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const first = await opened(file)
  await write(first.store, 'accepted', goodCall('accepted').slice(0, 12))
  await first.store.close()
  const { store } = await opened(file)
  expect(await store.closeInterrupted()).toEqual(['accepted'])
  const record = callRecord(await store.events('accepted'))
  expect(record).toMatchObject({ ending: 'interrupted', attempts: [{ result: 'noAnswer' }, { result: 'failed' }] })
  expect(record).not.toHaveProperty('acceptedBy')
  expect(record).not.toHaveProperty('waitMs')
  expect((await store.calls({})).calls).toMatchObject([{ callId: 'accepted', acceptedBy: null, waitMs: null, ending: 'interrupted' }])
})

test('an engine of before kept the wall clock alone: its calls read as they did, and an acceptance that came to nothing is gone from its lists', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const { store } = await opened(file)
  const undone = untilTalking('undone', { heardAt: 13_000 }).slice(0, 12)
  const facts = new Map<string, readonly CallFact[]>([
    ['good', goodCall('good').map((fact) => (fact.type === 'attempt.accepted' ? { ...fact, proof: { ...fact.proof, heardAt: 12_000 } } : fact))],
    ['undone', [...undone, { type: 'attempt.ended', attempt: 'undone-2', result: 'answeredThenHungUp' }, { type: 'call.ended', ending: 'unanswered' }]],
  ])
  for (const [callId, all] of facts) for (const [index, fact] of all.entries()) await store.appendLate(callId, fact, (index + 1) * 1_000)
  await store.close()
  // Back to the tables of before, with what that engine wrote there.
  const before = new Database(file)
  for (const column of ['started_after_ms', 'answered_after_ms', 'accepted_after_ms', 'ended_after_ms']) before.exec(`alter table attempts drop column ${column}`)
  before.exec('alter table calls drop column ended_after_ms')
  before.exec('alter table call_events drop column elapsed_ms')
  before.exec("delete from kysely_migration where name = '005-time-of-the-call'")
  before.exec("update attempts set accepted_at = 13000 where attempt = 'undone-2'")
  before.exec("update calls set accepted_at = 13000, accepted_by = 'undone-2', wait_ms = 10000 where call_id = 'undone'")
  before.close()

  const again = await opened(file)
  expect(await again.store.differing()).toEqual([])
  expect((await again.store.calls({})).calls).toMatchObject([
    { callId: 'undone', acceptedBy: null, waitMs: null },
    { callId: 'good', acceptedBy: 'On-call mobile', waitMs: 9_000, talkMs: 5_000 },
  ])
})

test('the spool says how long an interrupted conversation went on', async () => {
  const folder = scratchFolder()
  const file = join(folder, 'calls.db')
  const spoolPath = join(folder, 'a.wav')
  const begin = Date.now() - 60_000
  const first = await opened(file, { now: () => begin })
  await write(first.store, 'talking', untilTalking('talking', { spoolPath, heardAt: begin }))
  await first.store.close()
  writeFileSync(spoolPath, 'sound')
  const { store } = await opened(file)
  expect(await store.closeInterrupted()).toEqual(['talking'])
  const talkMs = callRecord(await store.events('talking'))?.talkMs ?? 0
  expect(talkMs).toBeGreaterThan(59_000)
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
