import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { callRecord } from '../../src/facts/call-record.js'
import type { CallFact } from '../../src/facts/events.js'
import type { RollUpRow, RollUpScope } from '../../src/figures/roll-up.js'
import { MonthSums } from '../../src/reports/month-sums.js'
import type { CallFilter, CallOrder, CallSummary } from '../../src/store/call-filter.js'
import { openStore, type Store, type StoreSettings } from '../../src/store/store.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { afterTalking, goodCall, untilTalking } from '../kit/sample-call.js'

/** An empty store of its own. */
export interface StorePlace {
  readonly settings: Pick<StoreSettings, 'file' | 'postgres' | 'node'>
  /** Runs SQL past the store. */
  byHand(sql: string): Promise<void>
}

export interface Ground {
  fresh(): Promise<StorePlace>
}

async function opened(place: StorePlace, more: Partial<StoreSettings> = {}): Promise<{ store: Store; alarms: AlarmBoard }> {
  const alarms = new AlarmBoard()
  const store = await openStore({ ...place.settings, alarms, ...more })
  onTestFinished(() => store.close())
  return { store, alarms }
}

async function all<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const one of pages) found.push(one)
  return found
}

async function write(store: Store, callId: string, facts: readonly CallFact[]): Promise<void> {
  await Promise.all(facts.map((fact) => store.log.append(callId, fact)))
}

/** What every store does, whichever database it is in. */
export function storeContract(ground: Ground): void {
  test('facts come back in the order in which they happened, and the lists say what the facts say', async () => {
    const { store } = await opened(await ground.fresh())
    await write(store, 'one', goodCall('one'))
    const events = await store.events('one')
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
    expect(events.map((event) => event.type)).toEqual(goodCall('one').map((fact) => fact.type))
    const page = await store.calls({})
    expect(page.calls).toMatchObject([
      {
        callId: 'one',
        line: 'cardiology',
        refs: 2,
        attempts: 2,
        acceptedBy: 'On-call mobile',
        outcome: 'referral-avoided',
        ending: 'completed',
      },
    ])
    expect(await store.differing()).toEqual([])
    expect(callRecord(events)?.attempts.map((attempt) => attempt.result)).toEqual(['noAnswer', 'accepted'])
  })

  test('listeners hear every fact at once and in order, before anything is on disk', async () => {
    const { store } = await opened(await ground.fresh())
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
    const { store, alarms } = await opened(await ground.fresh())
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
    const place = await ground.fresh()
    const first = await openStore({ ...place.settings, alarms: new AlarmBoard(), now: () => 7_000 })
    await first.ledger.append('device', 'okafor-desk', 'made', { owner: 'dr-okafor' })
    await first.ledger.append('watchList', '+447700900123', 'cleared', {})
    const removed = await first.ledger.append('device', 'okafor-desk', 'removed', { nested: ['a', 1, null] })
    expect(removed).toMatchObject({ seq: 3, topic: 'device', subject: 'okafor-desk', at: 7_000, type: 'removed' })
    await first.close()

    const { store } = await opened(place)
    expect(await all(store.ledger.entries('device'))).toMatchObject([
      { seq: 1, topic: 'device', subject: 'okafor-desk', at: 7_000, type: 'made', data: { owner: 'dr-okafor' } },
      { seq: 3, topic: 'device', subject: 'okafor-desk', at: 7_000, type: 'removed', data: { nested: ['a', 1, null] } },
    ])
    expect(await all(store.ledger.entries('arrangement'))).toEqual([])
    await expect(place.byHand("update ledger set data = '{}'")).rejects.toThrow(/append-only/)
    await expect(place.byHand('delete from ledger')).rejects.toThrow(/append-only/)
  })

  test('the database itself refuses to change or delete a fact', async () => {
    const place = await ground.fresh()
    const { store } = await opened(place)
    await write(store, 'one', goodCall('one'))
    await expect(place.byHand("update call_events set data = '{}'")).rejects.toThrow(/append-only/)
    await expect(place.byHand('delete from call_events')).rejects.toThrow(/append-only/)
  })

  test('a list that was changed by hand is found out and made again from the facts', async () => {
    const place = await ground.fresh()
    const { store } = await opened(place)
    await write(store, 'one', goodCall('one'))
    await write(store, 'two', goodCall('two'))
    await write(store, 'three', untilTalking('three'))
    await place.byHand("update calls set ending = 'unanswered' where call_id = 'one'")
    await place.byHand("delete from attempts where call_id = 'two'")
    await place.byHand(
      "insert into calls (call_id, kind, arrived_at, caller_number, dialled_number, source, organisation, line, answered_at, accepted_at, accepted_by, wait_ms, talk_ms, refs, attempts, outcome, outcome_by, outcome_at, ending, ending_detail, ended_at, last_seq, ended_after_ms) select 'ghost', kind, arrived_at, caller_number, dialled_number, source, organisation, line, answered_at, accepted_at, accepted_by, wait_ms, talk_ms, refs, attempts, outcome, outcome_by, outcome_at, ending, ending_detail, ended_at, last_seq, ended_after_ms from calls where call_id = 'one'",
    )
    // The figures of the telephones that call two rang are held against the same lists.
    expect((await store.differing()).toSorted()).toEqual(['+447700900123', 'ghost', 'one', 'sip:okafor@127.0.0.1:5090', 'two'])
    expect(await store.rebuild()).toBe(3)
    expect(await store.differing()).toEqual([])
    await write(store, 'three', afterTalking('three'))
    expect(await store.differing()).toEqual([])
  })

  test('the sums of a month are changed with the facts, counted once however late, and found out when they are changed by hand', async () => {
    const place = await ground.fresh()
    const first = await opened(place, { now: () => Date.parse('2026-03-02T09:00:00Z') })
    await write(first.store, 'one', goodCall('one'))
    await write(first.store, 'two', goodCall('two', { line: 'ent' }))
    await write(first.store, 'three', untilTalking('three'))
    const sums = async (store: Store, scope: RollUpScope, id = '') =>
      new Map(
        (await store.rollUps({ from: '2026-03', to: '2026-03', scope, id })).map(({ figure, part, amount }) => [
          part === '' ? figure : `${figure} ${part}`,
          amount,
        ]),
      )
    expect((await sums(first.store, 'all')).get('answered')).toBe(2)
    expect((await sums(first.store, 'line', 'ent')).get('answered')).toBe(1)
    expect((await sums(first.store, 'clinician', 'dr-okafor')).get('ringing noAnswer')).toBe(2)
    const ofDay = async (store: Store, day: string) =>
      (await store.rollUps({ from: day, to: day, scope: 'lineDay' }))
        .filter(({ figure }) => figure === 'answered')
        .map(({ id, amount }) => [id, amount])
        .sort()
    expect(await ofDay(first.store, '2026-03-02')).toEqual([
      ['cardiology', 1],
      ['ent', 1],
    ])
    expect(await ofDay(first.store, '2026-03-01')).toEqual([])
    const changed = async () => (await first.store.monthChanges(['2026-02', '2026-03'])).get('2026-03') ?? 0
    const before = await changed()
    expect(before).toBeGreaterThan(0)
    await first.store.log.append('two', { type: 'outcome.left', outcome: 'referral-made', by: 'staff' })
    expect(await changed()).toBeGreaterThan(before)
    // A month, figure by figure, is the same sums.
    for (const scope of ['all', 'line', 'organisation', 'clinician', 'asked'] as const) {
      const rows = await first.store.rollUps({ from: '2026-03', to: '2026-03', scope })
      const months = new MonthSums(first.store)
      const same = [...(await months.of(scope, ['2026-03'])).rows(['2026-03'])]
      const wanted = same.map(({ figure }) => figure)
      expect(sorted(same), scope).toEqual(
        sorted(scope === 'clinician' ? withoutParts(rows) : rows.filter(({ figure }) => wanted.includes(figure))),
      )
      expect(same.length, scope).toBeGreaterThan(0)
    }
    expect([...(await sums(first.store, 'all'))].filter(([name]) => name.startsWith('outcome'))).toEqual([
      ['outcome referral-avoided', 1],
      ['outcome referral-made', 1],
    ])
    expect(await first.store.differing()).toEqual([])
    await first.store.close()

    // As a store from before there were sums.
    await place.byHand('delete from roll_ups')
    await place.byHand(
      'update calls set rolled_up = null, line_chosen_after_ms = null, talk_started_after_ms = null, clinician = null, pool = null',
    )
    const { store } = await opened(place, { now: () => Date.parse('2026-03-02T10:00:00Z') })
    expect(await store.differing()).toEqual([])
    await store.log.append('one', { type: 'outcome.left', outcome: 'referral-made', by: 'staff' })
    expect((await sums(store, 'all')).get('answered')).toBe(1)
    expect([await store.countPast(1), await store.countPast(50), await store.countPast(50)]).toEqual([1, 1, 0])
    expect((await sums(store, 'all')).get('answered')).toBe(2)
    await write(store, 'three', afterTalking('three'))
    expect((await sums(store, 'all')).get('answered')).toBe(3)
    expect(await ofDay(store, '2026-03-02')).toEqual([
      ['cardiology', 2],
      ['ent', 1],
    ])
    expect(await store.differing()).toEqual([])

    await place.byHand("update roll_ups set amount = amount + 1 where scope = 'line' and id = 'ent' and figure = 'answered'")
    expect(await store.differing()).toEqual(['2026-03 line ent answered '])
    await store.rebuild()
    expect(await store.differing()).toEqual([])
  })

  test('calls are listed newest first, filtered, page by page', async () => {
    let now = Date.parse('2026-03-02T09:00:00Z')
    const { store } = await opened(await ground.fresh(), { now: () => now })
    for (let index = 0; index < 7; index++) {
      now += index === 3 ? 0 : 60_000
      const line = index % 2 === 0 ? 'cardiology' : 'ent'
      await write(
        store,
        `call-${index}`,
        index === 6
          ? untilTalking('call-6', { line })
          : goodCall(`call-${index}`, { line, organisation: index < 2 ? 'mill-lane' : 'elm-row' }),
      )
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
    expect(await ids({ from: Date.parse('2026-03-02T09:03:00Z'), to: Date.parse('2026-03-02T09:05:00Z') })).toEqual([
      'call-4',
      'call-3',
      'call-2',
    ])
    expect(await ids({ line: "x' or '1'='1" })).toEqual([])
  })

  test('calls are found by what the report filters by, in each order, and own calls by who accepted them or to whom they were assigned', async () => {
    let now = Date.parse('2026-03-02T09:00:00Z')
    const { store } = await opened(await ground.fresh(), { now: () => now })
    const byOkafor = (facts: readonly CallFact[]) =>
      facts.map((fact): CallFact =>
        fact.type === 'attempt.started' && fact.attempt.endsWith('-2') ? { ...fact, clinician: 'dr-okafor' } : fact,
      )
    await write(store, 'okafors', byOkafor(goodCall('okafors')))
    now += 60_000
    await write(store, 'open', byOkafor(goodCall('open', { line: 'ent' }).filter(({ type }) => type !== 'outcome.left')))
    now += 60_000
    await write(store, 'missed', [
      ...goodCall('missed').slice(0, 7),
      { type: 'hunt.ended', result: 'nobody' },
      { type: 'call.ended', ending: 'unanswered' },
    ])
    now += 60_000
    await write(store, 'others', [
      ...goodCall('others', { organisation: 'mill-lane' }),
      { type: 'outcome.left', outcome: 'referral-made', by: 'staff' },
      { type: 'nhsNumber.left', nhsNumber: '9990000018' },
      { type: 'call.assigned', clinician: 'dr-okafor' },
    ])
    const ids = async (filter: Parameters<Store['calls']>[0]) => (await store.calls(filter)).calls.map((call) => call.callId)
    expect(await ids({ order: 'oldest' })).toEqual(['okafors', 'open', 'missed', 'others'])
    expect(await ids({ outcome: 'referral-made' })).toEqual(['others'])
    expect(await ids({ outcome: 'open' })).toEqual(['open'])
    expect(await ids({ answered: true, line: 'cardiology' })).toEqual(['others', 'okafors'])
    expect(await ids({ answered: false })).toEqual(['missed'])
    expect(await ids({ clinician: 'dr-okafor' })).toEqual(['open', 'okafors'])
    expect(await ids({ nhsNumber: '9990000018' })).toEqual(['others'])
    expect(await ids({ callerNumbers: ['+441632960101', '01632960101'], order: 'oldest' })).toEqual(['okafors', 'open', 'missed', 'others'])
    expect(await ids({ callerNumbers: ['+441632960101'] })).toEqual([])
    const own = [{ clinician: 'dr-okafor' }, { assigned: 'dr-okafor' }]
    expect(await ids({ within: own })).toEqual(['others', 'open', 'okafors'])
    expect(await ids({ within: own, outcome: 'open' })).toEqual(['open'])
    expect(
      await ids({
        within: [
          { clinician: 'dr-okafor', line: 'ent' },
          { assigned: 'dr-okafor', organisation: 'elm-row' },
        ],
      }),
    ).toEqual(['open'])
    expect(await ids({ within: [{ organisation: 'mill-lane' }], organisation: 'elm-row' })).toEqual([])
    expect((await store.calls({ nhsNumber: '9990000018' })).calls).toMatchObject([{ assigned: 'dr-okafor', talked: true, clinician: null }])
    await store.log.append('others', { type: 'call.assigned' })
    await store.log.append('others', { type: 'nhsNumber.left' })
    expect(await ids({ within: own })).toEqual(['open', 'okafors'])
    expect(await ids({ nhsNumber: '9990000018' })).toEqual([])
    // Those that nobody talked in come last, either way.
    expect((await ids({ order: 'longestTalk' })).at(-1)).toBe('missed')
    expect((await ids({ order: 'shortestTalk' })).at(-1)).toBe('missed')
    expect((await ids({ order: 'fewestRefs' }))[0]).toBe('missed')
    const seen: string[] = []
    for (let cursor: string | undefined, pages = 0; pages < 4; pages++) {
      const page = await store.calls({ order: 'mostRefs', limit: 3, ...(cursor === undefined ? {} : { cursor }) })
      seen.push(...page.calls.map(({ callId }) => callId))
      cursor = page.nextCursor
      if (cursor === undefined) break
    }
    expect(seen).toEqual(['others', 'open', 'okafors', 'missed'])
    expect(await store.differing()).toEqual([])
  })

  test('a page looks only so far for what no index has together, and every call is found in the end', async () => {
    let now = Date.parse('2026-03-02T09:00:00Z')
    const { store } = await opened(await ground.fresh(), { now: () => now })
    const rare = new Set([10, 3_500, 6_990])
    for (let call = 0; call < 7_000; call++) {
      now += 1_000
      void store.log.append(`call-${call}`, {
        type: 'call.arrived',
        kind: 'dialIn',
        callerNumber: '01632960101',
        dialledNumber: '01632960000',
        source: '',
        organisation: call % 3 === 0 || call > 6_500 ? 'elm-row' : 'mill-lane',
      })
      if (rare.has(call)) void store.log.append(`call-${call}`, { type: 'call.ended', ending: 'unanswered' })
    }
    await expect.poll(() => store.health().queued, { timeout: 60_000 }).toBe(0)
    for (const order of ['newest', 'oldest'] as const) {
      const seen: string[] = []
      const sizes: number[] = []
      for (let cursor: string | undefined, pages = 0; pages < 10; pages++) {
        const page = await store.calls({ answered: false, order, limit: 2, ...(cursor === undefined ? {} : { cursor }) })
        seen.push(...page.calls.map(({ callId }) => callId))
        sizes.push(page.calls.length)
        cursor = page.nextCursor
        if (cursor === undefined) break
      }
      expect(seen).toEqual(order === 'newest' ? ['call-6990', 'call-3500', 'call-10'] : ['call-10', 'call-3500', 'call-6990'])
      expect(sizes).toEqual([1, 1, 1])
    }
    // Two parts are one list, however unevenly its calls come from them.
    const within = [{ organisation: 'elm-row' }, { organisation: 'mill-lane' }]
    for (const order of ['newest', 'oldest'] as const) {
      const [whole, parted] = [
        { order, limit: 1_000 },
        { order, limit: 1_000, within },
      ]
      const [one, other] = [await store.calls(whole), await store.calls(parted)]
      expect(other).toEqual(one)
      expect((await store.calls({ ...parted, cursor: other.nextCursor! })).calls).toEqual(
        (await store.calls({ ...whole, cursor: one.nextCursor! })).calls,
      )
    }
  })

  test('a list in another order than that of time has all of its calls, each once, however long it is', async () => {
    let now = Date.parse('2026-03-02T09:00:00Z')
    const { store } = await opened(await ground.fresh(), { now: () => now })
    const organisations = ['mill-lane', 'elm-row', 'gone']
    for (let call = 0; call < 7_000; call++) {
      now += 1_000
      void store.log.append(`call-${call}`, {
        type: 'call.arrived',
        kind: 'dialIn',
        callerNumber: '01632960101',
        dialledNumber: '01632960000',
        source: '',
        organisation: organisations[call % 7 === 0 ? 2 : call % 2] ?? '',
      })
    }
    await expect.poll(() => store.health().queued, { timeout: 60_000 }).toBe(0)
    // Every other one was accepted, after a while that says nothing of when it came.
    await sql`update calls set wait_ms = (arrived_at / 1000 * 7919) % 5000, refs = (arrived_at / 1000) % 5 where (arrived_at / 1000) % 2 = 0`.execute(
      store.tables.writing,
    )
    const all = async (filter: CallFilter) => {
      const found: CallSummary[] = []
      for (let cursor: string | undefined, pages = 0; pages < 200; pages++) {
        const page = await store.calls({ limit: 500, ...filter, ...(cursor === undefined ? {} : { cursor }) })
        found.push(...page.calls)
        cursor = page.nextCursor
        if (cursor === undefined) return found
      }
      throw new Error('the list has no end')
    }
    // Most names of a directory may have no calls; the first page is full all the same.
    const quiet = Array.from({ length: 400 }, (_, place) => `quiet-${place}`)
    const names = { column: 'organisation', values: [...quiet.slice(0, 200), 'elm-row', ...quiet.slice(200), 'mill-lane'] } as const
    expect((await store.calls({ limit: 500, order: 'surgeryAZ', names })).calls).toHaveLength(500)
    const orders: readonly (readonly [CallOrder, (call: CallSummary) => number])[] = [
      ['longestWait', ({ waitMs }) => (waitMs === null ? Infinity : -waitMs)],
      ['shortestWait', ({ waitMs }) => waitMs ?? Infinity],
      ['mostRefs', ({ refs }) => -refs],
      ['surgeryAZ', ({ organisation }) => (organisation === 'elm-row' ? 0 : organisation === 'mill-lane' ? 1 : 2)],
    ]
    const short = { from: now - 900_000 }
    for (const filter of [{}, short, { within: [{ organisation: 'elm-row' }, { organisation: 'gone' }] }, { answered: false }]) {
      const expected = (await all(filter)).map(({ callId }) => callId).sort()
      for (const [order, value] of orders) {
        const calls = await all({ ...filter, order, ...(order === 'surgeryAZ' ? { names } : {}) })
        expect(calls.map(({ callId }) => callId).sort(), `${order} ${JSON.stringify(filter)}`).toEqual(expected)
        const values = calls.map(value)
        expect(values, `${order} ${JSON.stringify(filter)}`).toEqual(values.toSorted((a, b) => (a === b ? 0 : a - b)))
      }
    }
  })

  test('numbering goes on where it was after a restart, also for facts that come long after the call', async () => {
    const place = await ground.fresh()
    const first = await opened(place)
    await write(first.store, 'one', goodCall('one'))
    await first.store.close()
    const { store } = await opened(place)
    const ready: CallFact = {
      type: 'recording.ready',
      recordingId: 'one-r',
      path: '2026/03/02/one.mp3',
      bytes: 4000,
      seconds: 1,
      sha256: 'ab',
    }
    const [event, outcome] = await Promise.all([
      store.log.append('one', ready),
      store.log.append('one', { type: 'outcome.left', outcome: 'referral-made', by: 'staff' }),
    ])
    expect([event?.seq, outcome?.seq]).toEqual([23, 24])
    await store.log.append('one', { type: 'alarm.raised', alarm: 'x', detail: 'y' })
    expect(await store.recording('one-r')).toMatchObject({ callId: 'one', state: 'ready', path: '2026/03/02/one.mp3' })
    expect((await store.calls({})).calls[0]).toMatchObject({ outcome: 'referral-made', recording: { state: 'ready', seconds: 1 } })
  })

  test('calls that a dead engine left open are closed as interrupted, at the last sign of life', async () => {
    const place = await ground.fresh()
    const begin = Date.parse('2026-03-02T09:00:00Z')
    let now = begin
    const first = await opened(place, { now: () => now })
    await write(first.store, 'talking', untilTalking('talking', { heardAt: begin }))
    now += 1_000
    await write(first.store, 'ringing', goodCall('ringing').slice(0, 9))
    now = begin
    await write(first.store, 'over', goodCall('over'))
    await first.store.close()

    now = begin + 3_600_000
    const { store } = await opened(place, { now: () => now })
    expect(await store.closeInterrupted()).toEqual(['talking', 'ringing'])
    const talking = callRecord(await store.events('talking'))
    expect(talking).toMatchObject({ ending: 'interrupted', talkEndedBy: 'system', talkMs: 0, endedAt: begin })
    expect(talking?.recordings).toMatchObject([{ state: 'stopped' }])
    expect(callRecord(await store.events('ringing'))).toMatchObject({
      ending: 'interrupted',
      attempts: [{ result: 'noAnswer' }, { result: 'cancelled', reason: 'the engine stopped' }],
    })
    expect(callRecord(await store.events('over'))).toMatchObject({ ending: 'completed' })
    expect(await store.differing()).toEqual([])
  })

  test('a call that came again before its answer has one record that is listed, and counts once', async () => {
    const place = await ground.fresh()
    const now = () => Date.parse('2026-03-02T09:00:00Z')
    const first = await opened(place, { incarnation: 'run-1', now })
    const [arrived] = goodCall('first') as [CallFact]
    const again = goodCall('again').map((event) => (event.type === 'call.arrived' ? { ...event, sipCallId: 'same@phone.example' } : event))
    await write(first.store, 'first', [{ ...arrived, sipCallId: 'same@phone.example' } as CallFact])
    await first.store.close()

    const { store } = await opened(place, { incarnation: 'run-2', now })
    await write(store, 'again', again)
    await store.closeInterrupted()
    expect(callRecord(await store.events('first'))).toMatchObject({ ending: 'cameAgain' })
    const listed = async (filter: CallFilter) => (await store.calls(filter)).calls.map(({ callId }) => callId)
    expect(await listed({})).toEqual(['again'])
    expect(await listed({ order: 'longestWait' })).toEqual(['again'])
    expect(await listed({ sipCallId: 'same@phone.example' })).toEqual(['again'])
    expect(await listed({ ending: 'cameAgain' })).toEqual(['first'])
    const sums = await store.rollUps({ from: '2026-03', to: '2026-03', scope: 'all', id: '' })
    expect(sums.filter(({ figure }) => figure === 'placed').map(({ amount }) => amount)).toEqual([1])
    expect(await store.differing()).toEqual([])
  })

  test("a call that a run has left belongs to the run that claims it first, and is no other's until that one is gone as well", async () => {
    const place = await ground.fresh()
    const of = (run: string) => opened(place, { incarnation: run })
    const first = await of('run-1')
    await write(first.store, 'over', goodCall('over'))
    await write(first.store, 'talking', untilTalking('talking'))
    await write(first.store, 'menu', goodCall('menu').slice(0, 2))
    expect(await first.store.left.open()).toEqual([])
    await first.store.close()

    const second = await of('run-2')
    const left = await second.store.left.open()
    expect(left.map(({ callId, owner }) => [callId, owner]).toSorted()).toEqual([
      ['menu', 'run-1'],
      ['talking', 'run-1'],
    ])
    expect(left.find(({ callId }) => callId === 'talking')?.events.map(({ type }) => type)).toEqual(
      untilTalking('talking').map(({ type }) => type),
    )
    // What is asked tells nobody anything.
    expect(await second.store.left.open()).toHaveLength(2)
    const claims = await Promise.all([1, 2, 3].map(() => second.store.left.claim(left)))
    expect(claims.map((claimed) => claimed.length).toSorted()).toEqual([0, 0, 2])
    expect(await second.store.left.open()).toEqual([])
    await second.store.log.append('talking', { type: 'call.takenOver', from: 'engine-1', legs: [] })
    await second.store.close()

    const third = await of('run-3')
    expect(await third.store.left.claim(left)).toEqual([])
    const again = await third.store.left.open()
    expect(again.map(({ callId, owner }) => [callId, owner]).toSorted()).toEqual([
      ['menu', 'run-2'],
      ['talking', 'run-2'],
    ])
    expect(await third.store.left.claim(again.filter(({ callId }) => callId === 'talking'))).toHaveLength(1)
    await third.store.left.close(again.filter(({ callId }) => callId === 'talking'))
    expect((await third.store.left.open()).map(({ callId }) => callId)).toEqual(['menu'])
    expect(callRecord(await third.store.events('talking'))).toMatchObject({ ending: 'interrupted' })
    // The owner is in no fact, and is kept when the lists are made again.
    await write(third.store, 'of-three', goodCall('of-three').slice(0, 2))
    await third.store.rebuild()
    expect((await third.store.left.open()).map(({ callId, owner }) => [callId, owner])).toEqual([['menu', 'run-2']])
    expect(await third.store.differing()).toEqual([])
    // A call that is over is nobody's to take.
    expect(await third.store.left.claim([{ ...again[0]!, callId: 'over', owner: 'run-1' }])).toEqual([])
  })

  test('a call that the last run broke off between acceptance and connection was accepted by nobody', async () => {
    const place = await ground.fresh()
    const first = await opened(place)
    await write(first.store, 'accepted', goodCall('accepted').slice(0, 12))
    await first.store.close()
    const { store } = await opened(place)
    expect(await store.closeInterrupted()).toEqual(['accepted'])
    const record = callRecord(await store.events('accepted'))
    expect(record).toMatchObject({ ending: 'interrupted', attempts: [{ result: 'noAnswer' }, { result: 'failed' }] })
    expect(record).not.toHaveProperty('acceptedBy')
    expect(record).not.toHaveProperty('waitMs')
    expect((await store.calls({})).calls).toMatchObject([{ callId: 'accepted', acceptedBy: null, waitMs: null, ending: 'interrupted' }])
  })

  test('an entry that has to follow another one is kept once, however many are written at once', async () => {
    const { store } = await opened(await ground.fresh())
    const made = await store.ledger.append('arrangement', 'a', 'made', {}, undefined, { after: 0 })
    const begun = await Promise.allSettled(
      [1, 2, 3, 4].map((call) =>
        store.ledger.append('arrangement', 'a', 'begun', { call }, { kind: 'staff', id: 'x' }, { after: made.seq }),
      ),
    )
    expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of begun) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'CONFLICT' })
    const kept = await all(store.ledger.entries('arrangement'))
    expect(kept).toMatchObject([{ type: 'made' }, { type: 'begun', actor: { kind: 'staff', id: 'x' } }])
    expect(begun.find((one) => one.status === 'fulfilled')).toMatchObject({ value: { seq: kept[1]?.seq } })
  })

  test('every fact and every entry of the ledger says who did it, and which engine wrote it', async () => {
    const place = await ground.fresh()
    const { store } = await opened(place, { node: 'engine-1' })
    await store.log.append('one', { type: 'call.ended', ending: 'completed' })
    await store.log.append(
      'one',
      { type: 'outcome.left', outcome: 'referral-made', by: 'specialist' },
      { kind: 'clinician', id: 'dr-okafor' },
    )
    await store.appendLate('one', { type: 'outcome.left', outcome: 'referral-avoided', by: 'caller' }, 5)
    await store.ledger.append('device', 'ward-7', 'made', {}, { kind: 'staff' })
    expect((await store.events('one')).map(({ actor, node }) => ({ actor, node }))).toEqual([
      { actor: { kind: 'engine' }, node: 'engine-1' },
      { actor: { kind: 'clinician', id: 'dr-okafor' }, node: 'engine-1' },
      { actor: { kind: 'engine' }, node: 'engine-1' },
    ])
    expect(await all(store.ledger.entries('device'))).toMatchObject([{ actor: { kind: 'staff' }, node: 'engine-1' }])
  })

  test('a call is found by a SIP Call-ID of another log: its own, and that of any of its ringings', async () => {
    const { store } = await opened(await ground.fresh())
    for (const callId of ['one', 'two']) {
      const [arrived, ...rest] = goodCall(callId)
      await write(store, callId, [
        arrived!,
        ...rest.flatMap((fact): readonly CallFact[] =>
          fact.type === 'attempt.ringing'
            ? [{ type: 'attempt.sent', attempt: fact.attempt, sipCallId: `${fact.attempt}@engine`, trunk: 'main' }, fact]
            : [fact],
        ),
      ])
    }
    const found = async (sipCallId: string) => (await store.calls({ sipCallId })).calls.map(({ callId }) => callId)
    expect(await found('one@phone.example')).toEqual(['one'])
    expect(await found('two-1@engine')).toEqual(['two'])
    expect(await found('two-2@engine')).toEqual(['two'])
    expect(await found('nobody@engine')).toEqual([])
    expect(callRecord(await store.events('two'))).toMatchObject({
      sipCallId: 'two@phone.example',
      trunk: 'main',
      attempts: [{ sipCallId: 'two-1@engine' }, { sipCallId: 'two-2@engine', trunk: 'main' }],
    })
    expect(await store.differing()).toEqual([])
  })

  test('the spool says how long an interrupted conversation went on', async () => {
    const folder = scratchFolder()
    const place = await ground.fresh()
    const spoolPath = join(folder, 'a.wav')
    const begin = Date.now() - 60_000
    const first = await opened(place, { now: () => begin })
    await write(first.store, 'talking', untilTalking('talking', { spoolPath, heardAt: begin }))
    await first.store.close()
    writeFileSync(spoolPath, 'sound')
    const { store } = await opened(place)
    expect(await store.closeInterrupted()).toEqual(['talking'])
    const talkMs = callRecord(await store.events('talking'))?.talkMs ?? 0
    expect(talkMs).toBeGreaterThan(59_000)
  })
}

const sorted = (rows: readonly RollUpRow[]) =>
  rows.map(({ month, scope, id, figure, part, amount }) => [month, scope, id, figure, part, amount].join(' ')).sort()

/** Each figure of a month as one sum. */
function withoutParts(rows: readonly RollUpRow[]): readonly RollUpRow[] {
  const found = new Map<string, RollUpRow>()
  for (const row of rows) {
    const key = `${row.month} ${row.id} ${row.figure}`
    found.set(key, { ...row, part: '', amount: row.amount + (found.get(key)?.amount ?? 0) })
  }
  return [...found.values()]
}
