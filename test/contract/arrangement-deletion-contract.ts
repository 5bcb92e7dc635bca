import { expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { deletableArrangements } from '../../src/arrangements/deletable.js'
import { Diary } from '../../src/arrangements/diary.js'
import { dataOf } from '../../src/arrangements/story.js'
import { deletableAudit } from '../../src/audit/deletable.js'
import { emptyDirectory } from '../../src/directory/empty-directory.js'
import type { Clinician } from '../../src/directory/model.js'
import { parsePeriod } from '../../src/directory/period.js'
import type { Made, Step } from '../../src/facts/arrangement-steps.js'
import { Retention, type RetentionSettings } from '../../src/retention/retention.js'
import { verifyStore } from '../../src/store/copy.js'
import { openForAsking } from '../../src/store/open-for-asking.js'
import { openStore } from '../../src/store/store.js'
import { VirtualClock } from '../../src/clock/virtual-clock.js'
import { goodCall } from '../kit/sample-call.js'
import type { StorePlace } from './store-contract.js'

const day = 24 * 60 * 60_000
const began = Date.UTC(2026, 2, 10, 12)
const year = parsePeriod('1 year')!
const forever = parsePeriod('forever')!
const okafor: Clinician = {
  id: 'dr-okafor',
  name: 'Dr Okafor',
  spokenName: 'Doctor Okafor',
  role: 'consultant',
  numbers: [],
  organisations: ['elm-row'],
}
const directory = {
  ...emptyDirectory,
  organisations: new Map([['elm-row', { id: 'elm-row', kind: 'gpPractice' as const, name: 'Elm Row', spokenName: 'Elm Row', area: 'a' }]]),
  clinicians: new Map([[okafor.id, okafor]]),
}
const anna = { kind: 'staff', id: 'anna' } as const
const callBack = {
  kind: 'callBack',
  madeAt: began,
  madeBy: { kind: 'staff' },
  line: 'cardiology',
  patientNumber: '+447700900123',
  nhsNumber: '9434765919',
  clinician: 'dr-okafor',
  dueAt: began,
} as const satisfies Made
const patientConnect = {
  kind: 'patientConnect',
  madeAt: began,
  madeBy: { kind: 'staff' },
  patientNumber: '+447700900456',
  nhsNumber: '9434765919',
  clinician: 'dr-okafor',
  pin: { hash: 'x' },
  expiresAt: began + 60_000,
} as const satisfies Made
const closed: Step = { type: 'closed', how: 'done' }

/** A store whose records of calls are kept for a year. */
async function world(place: StorePlace, more: Partial<RetentionSettings> = {}, clock = { now: began }) {
  const store = await openStore({ ...place.settings, alarms: new AlarmBoard(), now: () => clock.now })
  onTestFinished(() => store.close())
  const retention = new Retention({
    store,
    audit: deletableAudit(store.tables, () => clock.now),
    arrangements: deletableArrangements(
      store.ledger,
      () => directory,
      () => clock.now,
    ),
    directory: () => directory,
    keepRecordings: forever,
    keepRecords: year,
    keepAudit: forever,
    deleteFiles: () => Promise.resolve(),
    inTurn: (work) => work(),
    now: () => clock.now,
    ...more,
  })
  return {
    clock,
    store,
    retention,
    happened: async (id: string, ...steps: readonly Step[]) => {
      for (const step of steps) await store.ledger.append('arrangement', id, step.type, dataOf(step))
    },
    left: async () => {
      const ids: string[] = []
      for await (const { subject } of store.ledger.entries('arrangement')) if (ids.at(-1) !== subject) ids.push(subject)
      return ids
    },
    verified: async () => {
      const database = await openForAsking({ file: place.settings.file, postgres: place.settings.postgres })
      try {
        const { linked, ...contents } = await verifyStore(database)
        return { ...contents, ...linked }
      } finally {
        await database.close()
      }
    },
  }
}

/** What becomes of arrangements, and of the patients' numbers in them, when their time is over. */
export function arrangementDeletionContract(ground: { fresh(): Promise<StorePlace> }): void {
  test('what was arranged goes with the patient’s number, a year after it was settled; what is open stays; the chain stays whole', async () => {
    const { clock, store, retention, happened, left, verified } = await world(await ground.fresh())
    await happened('settled', { type: 'made', made: callBack }, { type: 'askedAgain', call: 'again', at: began })
    await happened('request-again', { type: 'repeats', of: 'settled' })
    await happened('settled', closed)
    await happened('open', { type: 'made', made: callBack })
    await happened('expired', { type: 'made', made: patientConnect })
    await store.extendChain()
    clock.now = began + 364 * day
    await happened('late', { type: 'made', made: callBack }, closed)
    await store.extendChain()
    expect(await retention.run()).toMatchObject({ deleted: 0 })
    clock.now = began + 366 * day
    const ran = await retention.run(anna)
    expect(ran).toMatchObject({
      deleted: 2,
      certificates: [
        {
          rule: 'records of calls are kept for 1 year',
          by: anna,
          arrangements: [
            { arrangementId: 'settled', entries: 4, deletedAt: clock.now },
            { arrangementId: 'expired', entries: 1, deletedAt: clock.now },
          ],
        },
      ],
    })
    expect(await left()).toEqual(['open', 'late'])
    for await (const entry of store.ledger.entries('retention')) expect(JSON.stringify(entry)).not.toContain('447700900')
    await store.extendChain()
    expect(await verified()).toMatchObject({ wrong: [], deletedArrangements: 2, differing: [] })
    expect(await retention.run()).toMatchObject({ deleted: 0 })
  })

  test('it stays as long as the record of a call that carried it, and as any hold that covers it', async () => {
    const { clock, store, retention, happened, left } = await world(await ground.fresh())
    for (const fact of goodCall('carried')) if (!fact.type.startsWith('recording.')) await store.log.append('carried', fact)
    const ended: Step = { type: 'ended', callId: 'carried', talked: true }
    await happened('carried-by', { type: 'made', made: callBack }, { type: 'begun', callId: 'carried' }, ended, closed)
    await happened('of-a-number', { type: 'made', made: patientConnect })
    await happened('of-a-practice', { type: 'made', made: { ...callBack, patientNumber: '+447700900789' } }, closed)
    await store.extendChain()
    await retention.holds.place('call', { kind: 'call', value: 'carried' }, 'inquest', anna)
    await retention.holds.place('number', { kind: 'number', value: '+447700900456' }, 'complaint', anna)
    await retention.holds.place('practice', { kind: 'organisation', value: 'elm-row' }, 'inquiry', anna)
    clock.now = began + 366 * day
    expect(await retention.run()).toMatchObject({ deleted: 0, held: 3 })
    const due = []
    for await (const { arrangementId, heldBy } of retention.dueArrangements()) due.push([arrangementId, heldBy?.reason])
    expect(due).toEqual([
      ['of-a-number', 'complaint'],
      ['of-a-practice', 'inquiry'],
    ])
    await retention.holds.release('practice', 'over', anna)
    expect(await retention.run()).toMatchObject({ deleted: 1, held: 2 })
    expect(await left()).toEqual(['carried-by', 'of-a-number'])
    await retention.holds.release('number', 'over', anna)
    await retention.holds.release('call', 'over', anna)
    // The call first, then what it had carried.
    expect(await retention.run()).toMatchObject({ certificates: [{ calls: [{ callId: 'carried' }] }, { arrangements: [{}, {}] }] })
    expect(await left()).toEqual([])
  })

  test('nothing else deletes an entry of the ledger, and what was let go by hand is found out', async () => {
    const place = await ground.fresh()
    const { clock, store, retention, happened, verified } = await world(place)
    await happened('one', { type: 'made', made: callBack }, closed)
    await happened('two', { type: 'made', made: callBack }, closed)
    await store.extendChain()
    await expect(place.byHand('delete from ledger')).rejects.toThrow(/append-only/)
    clock.now = began + 366 * day
    await happened('three', { type: 'made', made: callBack })
    await retention.run()
    for (const sql of [
      'delete from ledger',
      'delete from deleted_entries',
      "update deleted_entries set certificate = 'x'",
      // Holds, certificates and keys never go, whatever is written down.
      `insert into deleted_entries (seq, arrangement, at, certificate, hash) select seq, 'x', 1, 'x', 'x' from ledger where topic = 'retention'; delete from ledger where topic = 'retention'`,
    ])
      await expect(place.byHand(sql), sql).rejects.toThrow(/append-only/)
    await store.extendChain()
    await place.byHand(
      `insert into deleted_entries (seq, arrangement, at, certificate, hash) select seq, 'three', ${clock.now}, 'x', 'x' from ledger where subject = 'three'; delete from ledger where subject = 'three'`,
    )
    expect((await verified()).wrong).toEqual([
      expect.stringMatching(
        /^entry \d+ of the ledger was deleted on 2027-03-11 12:00:00, and no deletion in the ledger names its arrangement$/,
      ),
    ])
  })

  test('it stays where something has happened to it since the deletion was begun, and where its entries are not in the chain yet', async () => {
    const { clock, store, retention, happened, left } = await world(await ground.fresh())
    await happened(
      'one',
      { type: 'made', made: callBack },
      { type: 'begun', callId: 'c' },
      { type: 'ended', callId: 'c', talked: true },
      closed,
    )
    clock.now = began + 366 * day
    expect(await retention.run()).toMatchObject({ deleted: 0, certificates: [] })
    expect(await left()).toEqual(['one'])
    await store.extendChain()
    await store.ledger.append('retention', 'deletion:d', 'begun', { rule: 'r', arrangements: ['one'] }, anna)
    await happened('one', { type: 'outcome', callId: 'c', outcome: 'patient-discharged' })
    await store.extendChain()
    expect(await retention.run()).toMatchObject({ deleted: 0, certificates: [] })
    expect(await left()).toEqual(['one'])
  })

  test('killed between two of them, the next run finishes it with one certificate; a start reads what is left', async () => {
    const place = await ground.fresh()
    const first = await world(place)
    for (const id of ['a', 'b', 'c']) await first.happened(id, { type: 'made', made: callBack }, closed)
    await first.happened('open', { type: 'made', made: callBack })
    // A start has named them before they went.
    await first.store.ledger.append('arrangement', 'checkpoint', 'checkpoint', { from: 8, older: ['a', 'b', 'c', 'open'] })
    await first.store.extendChain()
    first.clock.now = began + 366 * day
    await first.store.ledger.append('retention', 'deletion:d', 'begun', { rule: 'r', arrangements: ['a', 'b', 'c'] }, anna)
    const old = deletableArrangements(
      first.store.ledger,
      () => directory,
      () => first.clock.now,
    )
    for (const id of ['a', 'b']) await first.store.deleteArrangement((await old.find(id, first.clock.now))!, 'd')
    await first.store.close()
    const next = await world(place, {}, { now: began + 367 * day })
    expect(await next.retention.run()).toMatchObject({
      certificates: [
        { id: 'd', by: anna, arrangements: [{ arrangementId: 'a', entries: 2 }, { arrangementId: 'b' }, { arrangementId: 'c' }] },
      ],
    })
    const diary = await Diary.open({ ledger: next.store.ledger, clock: new VirtualClock(next.clock.now), alarms: new AlarmBoard() })
    expect([...diary.values()].map(({ id }) => id)).toEqual(['open'])
    await diary.close()
    expect(await next.verified()).toMatchObject({ wrong: [], deletedArrangements: 3 })
  })
}
