import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { auditOf, verifyAudit } from '../../src/audit/audit.js'
import { deletableArrangements } from '../../src/arrangements/deletable.js'
import { deletableAudit } from '../../src/audit/deletable.js'
import { emptyDirectory } from '../../src/directory/empty-directory.js'
import type { Organisation } from '../../src/directory/model.js'
import { parsePeriod } from '../../src/directory/period.js'
import { Retention, type RetentionSettings } from '../../src/retention/retention.js'
import { verifyStore } from '../../src/store/copy.js'
import { openForAsking } from '../../src/store/open-for-asking.js'
import { openStore, type Store } from '../../src/store/store.js'
import { goodCall } from '../kit/sample-call.js'
import type { StorePlace } from './store-contract.js'

const day = 24 * 60 * 60_000
const began = Date.UTC(2026, 2, 10, 12)
const period = (text: string) => parsePeriod(text)!
const practice = (id: string, keep?: string): readonly [string, Organisation] => [
  id,
  { id, kind: 'gpPractice', name: id, spokenName: id, area: 'a', ...(keep === undefined ? {} : { keepRecords: period(keep) }) },
]
const directory = {
  ...emptyDirectory,
  organisations: new Map([practice('elm-row'), practice('oak-lane', '2 years'), practice('archive', 'forever')]),
}
const anna = { kind: 'staff', id: 'anna' } as const

/** A store whose records are kept for a year, its audit for half of one. */
async function world(place: StorePlace, more: Partial<RetentionSettings> = {}, clock = { now: began }) {
  const store: Store = await openStore({ ...place.settings, alarms: new AlarmBoard(), now: () => clock.now })
  onTestFinished(() => store.close())
  const settings: RetentionSettings = {
    store,
    audit: deletableAudit(store.tables, () => clock.now),
    arrangements: deletableArrangements(
      store.ledger,
      () => directory,
      () => clock.now,
    ),
    directory: () => directory,
    keepRecordings: period('3 years'),
    keepRecords: period('1 year'),
    keepAudit: period('6 months'),
    deleteFiles: () => Promise.resolve(),
    inTurn: (work) => work(),
    now: () => clock.now,
    ...more,
  }
  const audit = auditOf({ writing: store.tables.writing, node: 'engine-1', now: () => clock.now })
  return {
    clock,
    store,
    retention: new Retention(settings),
    /** A call that begins and ends now, of which nothing is recorded. */
    called: async (callId: string, organisation = 'elm-row', line = 'cardiology') => {
      for (const fact of goodCall(callId, { organisation, line }))
        if (!fact.type.startsWith('recording.')) await store.log.append(callId, fact)
    },
    looked: (subject: string) => audit.tell({ actor: 'anna', address: '', action: 'call.seen', subjectKind: 'call', subject }),
    verified: async () => {
      const database = await openForAsking({ file: place.settings.file, postgres: place.settings.postgres })
      try {
        const { gaps, differing, linked } = await verifyStore(database)
        return {
          gaps,
          differing,
          wrong: linked.wrong,
          waiting: linked.waiting,
          deleted: linked.deleted,
          audit: await verifyAudit(database.db),
        }
      } finally {
        await database.close()
      }
    },
  }
}

/** What becomes of records and of the audit when their time is over. */
export function deletionContract(ground: { fresh(): Promise<StorePlace> }): void {
  test('the record of a call goes when its time is over, by the rule of its organisation; sums, telephones and chain stay whole', async () => {
    const { clock, store, retention, called, verified } = await world(await ground.fresh())
    await called('one')
    await called('two', 'oak-lane')
    await called('three', 'archive')
    await store.extendChain()
    clock.now = began + 366 * day
    await called('late')
    await store.extendChain()
    const before = await store.rollUps({ from: '2026-03', to: '2027-04', scope: 'line' })
    const ran = await retention.run(anna)
    expect(ran).toMatchObject({
      deleted: 1,
      held: 0,
      certificates: [
        {
          rule: 'records of calls are kept for 1 year',
          by: anna,
          recordings: [],
          calls: [{ callId: 'one', facts: goodCall('one').length - 2, deletedAt: clock.now }],
        },
      ],
    })
    expect(await store.events('one')).toEqual([])
    expect((await store.calls({})).calls.map(({ callId }) => callId).sort()).toEqual(['late', 'three', 'two'])
    expect(await store.rollUps({ from: '2026-03', to: '2027-04', scope: 'line' })).toEqual(before)
    expect((await store.targets({ limit: 10 })).targets.map(({ rung }) => rung)).toEqual([3, 3])
    await store.extendChain()
    expect(await verified()).toMatchObject({ gaps: [], differing: [], wrong: [], waiting: 0, deleted: 1 })
    // Made again, the sums are the same.
    await store.rebuild()
    expect(await verified()).toMatchObject({ differing: [], wrong: [] })
    clock.now = began + 3 * 366 * day
    expect(await retention.run()).toMatchObject({ deleted: 2 })
    expect((await store.calls({})).calls.map(({ callId }) => callId)).toEqual(['three'])
    expect(await verified()).toMatchObject({ differing: [], wrong: [], deleted: 3 })
  })

  test('a call whose recording is kept stays as long as that', async () => {
    const { clock, store, retention } = await world(await ground.fresh())
    for (const fact of goodCall('one')) await store.log.append('one', fact)
    await store.log.append('one', {
      type: 'recording.ready',
      recordingId: 'one-r',
      path: 'one.mp3',
      bytes: 1,
      seconds: 1,
      sha256: 'ab'.repeat(32),
    })
    await store.extendChain()
    clock.now = began + 2 * 366 * day
    expect(await retention.run()).toMatchObject({ deleted: 0 })
    clock.now = began + 4 * 366 * day
    expect(await retention.run()).toMatchObject({ deleted: 1, certificates: [{ recordings: [{ recordingId: 'one-r' }] }] })
    // That it was deleted enters the chain before it goes as well.
    await store.extendChain()
    expect(await retention.run()).toMatchObject({ deleted: 1, certificates: [{ calls: [{ callId: 'one' }] }] })
  })

  test('nothing goes that is not in the chain yet, that runs, or that a hold covers', async () => {
    const { clock, store, retention, called, verified } = await world(await ground.fresh())
    await called('held')
    await called('free')
    for (const fact of goodCall('runs').slice(0, 6)) await store.log.append('runs', fact)
    clock.now = began + 366 * day
    expect(await retention.run()).toMatchObject({ deleted: 0 })
    await store.extendChain()
    await retention.holds.place('h', { kind: 'call', value: 'held' }, 'inquest', anna)
    const due = []
    for await (const { callId, heldBy } of retention.dueRecords()) due.push([callId, heldBy?.reason])
    expect(due.sort()).toEqual([
      ['free', undefined],
      ['held', 'inquest'],
    ])
    expect(await retention.run()).toMatchObject({ deleted: 1, held: 1, certificates: [{ calls: [{ callId: 'free' }] }] })
    await retention.holds.release('h', 'settled', anna)
    expect(await retention.run()).toMatchObject({ deleted: 1, held: 0 })
    expect((await store.events('runs')).length).toBe(6)
    expect(await verified()).toMatchObject({ differing: [], wrong: [] })
  })

  test('nothing else deletes a fact or an entry of the audit, and what was let go by hand is found out', async () => {
    const place = await ground.fresh()
    const { clock, store, retention, called, looked, verified } = await world(place)
    await called('one')
    await called('two')
    await looked('one')
    await looked('two')
    await store.extendChain()
    for (const sql of ["delete from call_events where call_id = 'one'", 'delete from audit'])
      await expect(place.byHand(sql), sql).rejects.toThrow(/append-only/)
    clock.now = began + 366 * day
    await retention.run()
    for (const sql of [
      'delete from deleted_calls',
      "update deleted_calls set certificate = 'x'",
      'delete from audit_cuts',
      'update audit_cuts set through = 0',
    ])
      await expect(place.byHand(sql), sql).rejects.toThrow(/append-only/)
    await store.extendChain()
    expect(await verified()).toMatchObject({ wrong: [], audit: { kind: 'whole', entries: 2, deleted: 2 } })
    await called('three')
    await store.extendChain()
    await place.byHand(
      `insert into deleted_calls (call_id, at, certificate, facts, hash) values ('three', ${clock.now}, 'x', 1, 'x'); delete from call_events where call_id = 'three'`,
    )
    expect((await verified()).wrong).toEqual([
      expect.stringMatching(/^call three was deleted on 2027-03-11 12:00:00, and no deletion in the ledger names it$/),
    ])
  })

  test('the audit goes from its beginning on, up to a call under hold; what is left follows the seal of what went', async () => {
    const place = await ground.fresh()
    const { clock, store, retention, called, looked, verified } = await world(place, { keepRecords: period('forever') })
    for (const callId of ['one', 'held', 'two']) await called(callId)
    await looked('one')
    await store.extendChain()
    await looked('held')
    await looked('two')
    await store.extendChain()
    await retention.holds.place('h', { kind: 'call', value: 'held' }, 'complaint', anna)
    clock.now = began + 100 * day
    expect(await retention.dueAudit()).toBeUndefined()
    clock.now = began + 200 * day
    await looked('later')
    expect(await retention.dueAudit()).toMatchObject({ through: 1, entries: 1, heldBy: { id: 'h' } })
    const ran = await retention.run(anna)
    expect(ran).toMatchObject({
      deleted: 1,
      certificates: [{ rule: 'entries of the audit are kept for 6 months', audit: { through: 1, entries: 1 } }],
    })
    await store.extendChain()
    expect(await verified()).toMatchObject({ wrong: [], audit: { kind: 'whole', entries: 4, deleted: 1 } })
    await retention.holds.release('h', 'settled', anna)
    expect(await retention.run()).toMatchObject({ deleted: 2, certificates: [{ audit: { through: 3, entries: 2 } }] })
    expect(await verified()).toMatchObject({ wrong: [], audit: { kind: 'whole', entries: 4, deleted: 3 } })
    await looked('again')
    await store.extendChain()
    expect(await verified()).toMatchObject({ wrong: [], audit: { kind: 'whole', entries: 5, deleted: 3 } })
  })

  test.each([1, 2, 3])('killed behind call %i, the next run finishes it, with one certificate', async (nth) => {
    const place = await ground.fresh()
    const first = await world(place)
    for (const callId of ['a', 'b', 'c']) await first.called(callId)
    await first.looked('a')
    await first.store.extendChain()
    first.clock.now = began + 366 * day
    let left = nth
    const store: RetentionSettings['store'] = {
      ledger: first.store.ledger,
      recordingKeys: first.store.recordingKeys,
      events: (callId) => first.store.events(callId),
      appendLate: (...args) => first.store.appendLate(...args),
      recordingsBefore: (before) => first.store.recordingsBefore(before),
      callsBefore: (before) => first.store.callsBefore(before),
      deletedCalls: (ids) => first.store.deletedCalls(ids),
      deletedArrangements: (ids) => first.store.deletedArrangements(ids),
      deleteArrangement: (one, certificate) => first.store.deleteArrangement(one, certificate),
      deleteCall: async (callId, certificate) => {
        const deleted = await first.store.deleteCall(callId, certificate)
        if (--left === 0) throw new Error('killed')
        return deleted
      },
    }
    await expect(
      new Retention({
        store,
        audit: deletableAudit(first.store.tables, () => first.clock.now),
        arrangements: deletableArrangements(
          first.store.ledger,
          () => directory,
          () => first.clock.now,
        ),
        directory: () => directory,
        keepRecordings: period('3 years'),
        keepRecords: period('1 year'),
        keepAudit: period('6 months'),
        deleteFiles: () => Promise.resolve(),
        inTurn: (work) => work(),
        now: () => first.clock.now,
      }).run(anna),
    ).rejects.toThrow('killed')
    await first.store.close()
    const next = await world(place, {}, { now: began + 367 * day })
    const ran = await next.retention.run()
    expect(ran.certificates.filter(({ calls }) => calls !== undefined)).toMatchObject([
      { by: anna, calls: [{ callId: 'a' }, { callId: 'b' }, { callId: 'c' }] },
    ])
    expect(ran.certificates.filter(({ audit }) => audit !== undefined)).toHaveLength(1)
    expect(await next.verified()).toMatchObject({ differing: [], wrong: [], deleted: 3, audit: { kind: 'whole', entries: 1, deleted: 1 } })
    expect(await next.retention.run()).toMatchObject({ deleted: 0 })
  })
}
