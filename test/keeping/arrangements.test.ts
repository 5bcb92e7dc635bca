import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import Database from 'libsql'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { ArrangedCalls } from '../../src/arrangements/arranged-calls.js'
import { VirtualClock } from '../../src/clock/virtual-clock.js'
import { emptyDirectory } from '../../src/directory/empty-directory.js'
import type { Arrangement } from '../../src/facts/arrangement.js'
import { openStore, type Store } from '../../src/store/store.js'
import { scratchFolder } from './scratch-folder.js'
import { translated } from './translated.js'

const codeNumber = '+441632960099'
const directory = {
  ...emptyDirectory,
  clinicians: new Map([
    [
      'dr-okafor',
      {
        id: 'dr-okafor',
        name: 'Dr Okafor',
        spokenName: 'Dr Okafor',
        role: 'Consultant',
        numbers: [{ kind: 'number' as const, number: '+441632960501' }],
        organisations: ['elm-row'],
      },
    ],
  ]),
  numbers: new Map([[codeNumber, { number: codeNumber, use: { kind: 'callBackCode' as const } }]]),
}

const codesKey = Buffer.alloc(32, 5)

async function opened(
  file: string,
  clock = new VirtualClock(Date.now()),
  key = () => Promise.resolve(codesKey),
): Promise<{ store: Store; arranged: ArrangedCalls; alarms: AlarmBoard; close: () => Promise<void> }> {
  const alarms = new AlarmBoard()
  const store = await openStore({ file, alarms })
  await store.closeInterrupted()
  const arranged = await ArrangedCalls.open({
    codesKey: key,
    ledger: store.ledger,
    log: store.log,
    facts: store,
    clock,
    alarms,
    directory: () => directory,
    mayDial: () => true,
  })
  const close = async () => {
    await arranged.close()
    await store.close()
  }
  onTestFinished(close)
  return { store, arranged, alarms, close }
}

const byId = (arranged: ArrangedCalls) => [...arranged.diary.values()].sort((a: Arrangement, b: Arrangement) => (a.id < b.id ? -1 : 1))

test('every arrangement is the same after a restart', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const first = await opened(file)
  const { arranged, store } = first
  const callBack = await arranged.makeCallBack({
    line: 'epilepsy-follow-up',
    patientNumber: '+447700900123',
    clinician: 'dr-okafor',
    dueAt: Date.now() + 60_000,
    note: 'afternoons',
  })
  const pin = await arranged.makePatientConnect({
    nhsNumber: '9434765919',
    patientNumber: '+447700900123',
    clinician: 'dr-okafor',
    validMs: 3_600_000,
  })
  const code = await arranged.makeCallBackCode({
    about: { call: 'past' },
    asked: { clinician: 'dr-okafor' },
    number: codeNumber,
    validMs: 600_000,
  })
  if (pin.kind !== 'made' || code.kind !== 'made') throw new Error('no PIN or code was made')
  expect(
    (await arranged.redeem(code.arrangement.code, { callId: 'code', callerNumber: '01632960701', dialledNumber: '01632960099' })).kind,
  ).toBe('granted')
  await arranged.start(callBack.id, () => ({ kind: 'placed', callId: 'placed' }))
  await store.log.append('placed', { type: 'call.placed', kind: 'pifuCallBack', arrangement: callBack.id, clinician: 'dr-okafor' })
  await store.log.append('placed', { type: 'talk.started', attempt: 'placed-1' })
  await store.log.append('placed', { type: 'outcome.left', outcome: 'telephone-follow-up', by: 'caller' })
  await store.log.append('placed', { type: 'call.ended', ending: 'completed' })
  await store.log.append('asked', { type: 'callBack.requested', line: 'epilepsy-follow-up', number: '+447700900124' })
  await store.log.append('code', { type: 'call.ended', ending: 'unanswered' })
  await arranged.diary.settled()
  const before = byId(arranged)
  expect(before.map((one) => `${one.kind} ${arranged.stateOf(one)}`).sort()).toEqual([
    'callBack done',
    'callBack open',
    'callBackCode done',
    'patientConnect open',
  ])
  await first.close()

  const second = await opened(file)
  const times = (one: Arrangement) => ({ ...one, changedAt: 0, tries: one.tries.map((each) => ({ ...each, at: 0 })) })
  expect(byId(second.arranged).map(times)).toEqual(before.map(times))
  expect(
    (
      await second.arranged.redeem(pin.arrangement.pin, {
        callId: 'pin',
        callerNumber: '01632960702',
        dialledNumber: '01632960001',
        organisation: 'elm-row',
      })
    ).kind,
  ).toBe('granted')
  expect(
    (await second.arranged.redeem(code.arrangement.code, { callId: 'again', callerNumber: '01632960703', dialledNumber: codeNumber })).kind,
  ).toBe('wrong')
})

test('the store has PINs and codes only as keyed hashes', async () => {
  const { arranged, store } = await opened(join(scratchFolder(), 'calls.db'))
  // Enough that they cannot all be there by coincidence.
  const given: string[] = []
  for (let made = 0; made < 5; made++) {
    const pin = await arranged.makePatientConnect({
      nhsNumber: '9434765919',
      patientNumber: '+447700900123',
      clinician: 'dr-okafor',
      validMs: 3_600_000,
    })
    const code = await arranged.makeCallBackCode({
      about: { call: 'past' },
      asked: { clinician: 'dr-okafor' },
      number: codeNumber,
      validMs: 600_000,
    })
    if (pin.kind === 'made') given.push(pin.arrangement.pin)
    if (code.kind === 'made') given.push(code.arrangement.code)
  }
  expect(given).toHaveLength(10)
  const kept: unknown[] = []
  for await (const { type, data } of store.ledger.entries('arrangement'))
    if (type === 'made') kept.push((data as { made: { pin?: unknown; code?: unknown } }).made)
  expect(kept).toHaveLength(10)
  for (const made of kept as { readonly pin?: unknown; readonly code?: unknown }[])
    expect(made.pin ?? made.code).toEqual({ hash: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) as string })
  for (const one of arranged.diary.values()) expect(Object.values(one).filter((value) => given.includes(value as string))).toEqual([])
})

test('PINs and codes stored in clear by an earlier version are valid until they run out', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const first = await opened(file)
  const madeAt = Date.now()
  const made = { madeAt, madeBy: { kind: 'staff' }, expiresAt: madeAt + 3_600_000 }
  await first.store.ledger.append('arrangement', 'old-pin', 'made', {
    made: {
      ...made,
      kind: 'patientConnect',
      nhsNumber: '9434765919',
      patientNumber: '+447700900123',
      clinician: 'dr-okafor',
      pin: '123456',
    },
  })
  await first.store.ledger.append('arrangement', 'old-code', 'made', {
    made: { ...made, kind: 'callBackCode', code: '0471', number: codeNumber, about: { call: 'past' }, asked: { clinician: 'dr-okafor' } },
  })
  await first.close()
  const { arranged } = await opened(file)
  expect(
    (await arranged.redeem('123456', { callId: 'a', callerNumber: '01632960701', dialledNumber: '01632960001', organisation: 'elm-row' }))
      .kind,
  ).toBe('granted')
  expect((await arranged.redeem('0471', { callId: 'b', callerNumber: '01632960702', dialledNumber: codeNumber })).kind).toBe('granted')
  expect((await arranged.redeem('0471', { callId: 'c', callerNumber: '01632960703', dialledNumber: codeNumber })).kind).toBe('wrong')
})

test('another engine of the store finds the same PINs; with another key none does', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const first = await opened(file)
  const pin = await first.arranged.makePatientConnect({
    nhsNumber: '9434765919',
    patientNumber: '+447700900123',
    clinician: 'dr-okafor',
    validMs: 3_600_000,
  })
  if (pin.kind !== 'made') throw new Error('no PIN was made')
  await first.close()
  const where = (callId: string) => ({ callId, callerNumber: '01632960702', dialledNumber: '01632960001', organisation: 'elm-row' })
  const other = await opened(file, undefined, () => Promise.resolve(Buffer.alloc(32, 6)))
  expect((await other.arranged.redeem(pin.arrangement.pin, where('a'))).kind).toBe('wrong')
  await other.close()
  const same = await opened(file)
  expect((await same.arranged.redeem(pin.arrangement.pin, where('b'))).kind).toBe('granted')
})

test('while the key is unavailable nothing is made, granted or charged; existing codes work once it is back', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const first = await opened(file)
  const pin = await first.arranged.makePatientConnect({
    nhsNumber: '9434765919',
    patientNumber: '+447700900123',
    clinician: 'dr-okafor',
    validMs: 3_600_000,
  })
  if (pin.kind !== 'made') throw new Error('no PIN was made')
  await first.close()
  let lost = true
  const { arranged } = await opened(file, undefined, () =>
    lost ? Promise.reject(new Error('the master key is not there')) : Promise.resolve(codesKey),
  )
  const where = (callId: string) => ({ callId, callerNumber: '01632960702', dialledNumber: '01632960001', organisation: 'elm-row' })
  for (let tries = 0; tries < 10; tries++)
    await expect(arranged.redeem(pin.arrangement.pin, where(`${tries}`))).rejects.toThrow('the master key is not there')
  await expect(
    arranged.makePatientConnect({ nhsNumber: '9434765919', patientNumber: '+447700900123', clinician: 'dr-okafor', validMs: 3_600_000 }),
  ).rejects.toThrow('the master key is not there')
  lost = false
  expect((await arranged.redeem(pin.arrangement.pin, where('back'))).kind).toBe('granted')
})

test('the next start catches up with facts that no engine followed', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const first = await opened(file)
  const callBack = await first.arranged.makeCallBack({
    line: 'epilepsy-follow-up',
    patientNumber: '+447700900123',
    clinician: 'dr-okafor',
    dueAt: Date.now(),
  })
  await first.arranged.close()
  const { log } = first.store
  await log.append('asked', {
    type: 'call.arrived',
    kind: 'pifuAnswer',
    callerNumber: '07700900124',
    dialledNumber: '01632960031',
    source: 'test',
  })
  await log.append('asked', { type: 'callBack.requested', line: 'epilepsy-follow-up', number: '+447700900124' })
  await log.append('placed', { type: 'call.placed', kind: 'pifuCallBack', arrangement: callBack.id, clinician: 'dr-okafor' })
  await log.append('placed', { type: 'talk.started', attempt: 'placed-1' })
  await first.close()

  const second = await opened(file)
  expect(second.arranged.diary.get('request-asked')).toMatchObject({
    kind: 'callBack',
    patientNumber: '+447700900124',
    madeBy: { kind: 'patient', call: 'asked' },
  })
  // That call ended with the engine after a talk; the outcome is missing.
  expect(second.arranged.diary.get(callBack.id)?.tries).toMatchObject([{ callId: 'placed', talked: true, ended: true }])
  expect(second.arranged.stateOf(second.arranged.diary.get(callBack.id)!)).toBe('open')
})

test('the facts of arranged calls are found without reading all the others', async () => {
  const file = join(scratchFolder(), 'calls.db')
  const { store } = await opened(file)
  await store.log.append('a', { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '', source: '' })
  await store.log.append('a', { type: 'code.refused', digits: 4, why: 'wrong' })
  await store.log.append('b', { type: 'callBack.requested', line: 'l', number: 'n' })
  await store.log.append('a', { type: 'call.ended', ending: 'wrongCode' })
  expect(
    (await all(store.factsOf(['callBack.requested', 'code.refused'], 0))).flat().map(({ callId, type }) => `${callId} ${type}`),
  ).toEqual(['a code.refused', 'b callBack.requested'])
  expect((await all(store.factsOf(['callBack.requested'], Date.now() + 1_000))).flat()).toEqual([])
  const sqlite = new Database(file)
  onTestFinished(() => void sqlite.close())
  const sql =
    "select * from call_events where type in ('arrangement.taken', 'call.placed', 'callBack.requested', 'code.refused') and at >= 5 and type in ('call.placed') order by at, call_id, seq"
  expect(JSON.stringify(sqlite.prepare(`explain query plan ${sql}`).all())).toContain('arrangement_facts')
  expect(
    JSON.stringify(sqlite.prepare("explain query plan select * from ledger where topic = 'arrangement' and subject in ('a', 'b')").all()),
  ).toContain('ledger_by_subject')
})

async function all<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const one of pages) found.push(one)
  return found
}

test('the ledger gives the entries from a place on, of some subjects, and the last of one', async () => {
  const store = await openStore({ file: join(scratchFolder(), 'calls.db'), alarms: new AlarmBoard() })
  onTestFinished(() => store.close())
  for (const [index, subject] of ['a', 'b', 'a', 'c', 'a'].entries()) await store.ledger.append('arrangement', subject, 'made', { index })
  await store.ledger.append('device', 'a', 'made', {})
  expect((await all(store.ledger.entries('arrangement', 3))).map(({ seq }) => seq)).toEqual([3, 4, 5])
  expect((await store.ledger.entriesAbout('arrangement', ['c', 'a', 'nobody'])).map(({ seq, subject }) => `${seq}${subject}`)).toEqual([
    '1a',
    '3a',
    '4c',
    '5a',
  ])
  expect(await store.ledger.latest('arrangement', 'a')).toMatchObject({ seq: 5, data: { index: 4 } })
  expect(await store.ledger.latest('arrangement', 'nobody')).toBeUndefined()
  const many = Array.from({ length: 1_200 }, (_, index) => `s${index}`)
  expect((await store.ledger.entriesAbout('arrangement', [...many, 'b'])).map(({ subject }) => subject)).toEqual(['b'])
})

test('an engine that is killed at any instant has lost no promised request of a patient, and grants no code twice', async () => {
  const program = await translated('test/keeping/engine-that-arranges.ts', ['src/store/sqlite/database-thread.ts'])
  const file = join(scratchFolder(), 'calls.db')
  const promised: string[] = []
  const granted: string[] = []
  for (let round = 0; round < 5; round++) {
    for (const line of await runAndKill(program, file, round, 2 + round * 9, (round * 7) % 19)) {
      const [what, detail = ''] = line.split(' ')
      ;(what === 'requested' ? promised : granted).push(detail)
    }
    const { arranged, close } = await opened(file)
    // Each is an entry of its own, or noted on the one that was open for the number; no number is listed twice.
    const listed = byId(arranged).flatMap((one) => (one.kind === 'callBack' && one.madeBy.kind === 'patient' ? [one] : []))
    const kept = listed.flatMap((one) => [one.id, ...(one.repeats ?? []).map(({ call }) => `request-${call}`)])
    expect(new Set(kept).size).toBe(kept.length)
    expect(kept).toEqual(expect.arrayContaining(promised.map((callId) => `request-${callId}`)))
    expect(new Set(listed.map(({ patientNumber }) => patientNumber)).size).toBe(listed.length)
    // Too few to lock the number: each is checked.
    for (const [index, code] of granted.slice(-20).entries()) {
      expect(
        (await arranged.redeem(code, { callId: `again-${index}`, callerNumber: `caller ${index}`, dialledNumber: codeNumber })).kind,
      ).toBe('wrong')
    }
    expect(new Set(arranged.list({ kind: 'callBack', limit: 200 }).arrangements.map(({ id }) => id)).size).toBe(
      Math.min(200, byId(arranged).filter(({ kind }) => kind === 'callBack').length),
    )
    await close()
  }
  expect(promised.length).toBeGreaterThan(20)
  expect(granted.length).toBeGreaterThan(5)
  expect(new Set(granted).size).toBe(granted.length)
})

/** Runs the program until it has said `lines` lines and a moment more, then kills it. @returns what it said */
async function runAndKill(program: string, file: string, round: number, lines: number, momentMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, file, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let said = ''
  child.stdout.setEncoding('utf8')
  await new Promise<void>((resolve, reject) => {
    const tooLong = setTimeout(() => reject(new Error(`the engine said only: ${said}`)), 60_000)
    child.once('exit', () => reject(new Error('the engine ended by itself')))
    child.stdout.on('data', (text: string) => {
      said += text
      if (said.split('\n').length <= lines) return
      clearTimeout(tooLong)
      resolve()
    })
  })
  await new Promise((resolve) => setTimeout(resolve, momentMs))
  child.kill('SIGKILL')
  await exited
  // The last line may be incomplete.
  return said.split('\n').slice(0, -1)
}
