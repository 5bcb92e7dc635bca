import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { deletableArrangements } from '../../src/arrangements/deletable.js'
import { deletableAudit } from '../../src/audit/deletable.js'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { emptyDirectory } from '../../src/directory/empty-directory.js'
import type { Organisation } from '../../src/directory/model.js'
import { parsePeriod } from '../../src/directory/period.js'
import { callRecord } from '../../src/facts/call-record.js'
import type { Certificate } from '../../src/retention/certificate.js'
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
  { id, kind: 'gpPractice', name: id, spokenName: id, area: 'a', ...(keep === undefined ? {} : { keepRecordings: period(keep) }) },
]
const directory = {
  ...emptyDirectory,
  organisations: new Map([practice('elm-row'), practice('oak-lane', '1 year'), practice('archive', 'forever')]),
}
const anna = { kind: 'staff', id: 'anna' } as const

/** A store with recordings, and its files in memory. */
async function world(place: StorePlace, more: Partial<RetentionSettings> = {}) {
  const clock = { now: began }
  const files = new Set<string>()
  const store: Store = await openStore({ ...place.settings, alarms: new AlarmBoard(), now: () => clock.now })
  onTestFinished(() => store.close())
  const retention = new Retention({
    store,
    directory: () => directory,
    audit: deletableAudit(store.tables, () => clock.now),
    arrangements: deletableArrangements(
      store.ledger,
      () => directory,
      () => clock.now,
    ),
    keepRecordings: period('3 years'),
    keepRecords: period('forever'),
    keepAudit: period('forever'),
    deleteFiles: ({ recordingId }) => {
      files.delete(recordingId)
      return Promise.resolve()
    },
    inTurn: (work) => work(),
    now: () => clock.now,
    ...more,
  })
  return {
    clock,
    files,
    store,
    retention,
    /** A call that begins and ends now, with a recording that has a key of its own. */
    recorded: async (callId: string, organisation = 'elm-row', number?: string) => {
      const recordingId = `${callId}-r`
      for (const fact of goodCall(callId, { organisation }))
        await store.log.append(callId, fact.type === 'call.arrived' && number !== undefined ? { ...fact, callerNumber: number } : fact)
      await store.recordingKeys.keep({ id: `${callId}-k`, recordingId, callId, by: 'o', wrapped: 'w' })
      files.add(recordingId)
      await store.log.append(callId, {
        type: 'recording.ready',
        recordingId,
        path: `${callId}.mp3.sealed`,
        bytes: 100,
        seconds: 1,
        sha256: 'ab'.repeat(32),
      })
      return recordingId
    },
    stateOf: async (callId: string) => {
      return callRecord(await store.events(callId))?.recordings[0]
    },
    kept: async (): Promise<readonly Certificate[]> => {
      const found: Certificate[] = []
      for await (const one of retention.certificates()) found.push(one)
      return found
    },
  }
}

export function retentionContract(ground: { fresh(): Promise<StorePlace> }): void {
  test('a recording goes when its time is over, by the rule of its organisation, and its fact and certificate stay', async () => {
    const { clock, files, store, retention, recorded, stateOf, kept } = await world(await ground.fresh())
    await Promise.all([recorded('one'), recorded('two', 'oak-lane'), recorded('three', 'archive')])
    clock.now = began + 365 * day - 1
    expect(await retention.run()).toEqual({ certificates: [], deleted: 0, held: 0 })
    clock.now = began + 365 * day + 1
    const ran = await retention.run(anna)
    expect(ran).toMatchObject({
      deleted: 1,
      held: 0,
      certificates: [
        {
          rule: 'recordings of oak-lane are kept for 1 year',
          by: anna,
          recordings: [{ recordingId: 'two-r', callId: 'two', bytes: 100, sha256: 'ab'.repeat(32), deletedAt: clock.now }],
        },
      ],
    })
    expect([...files].sort()).toEqual(['one-r', 'three-r'])
    const { id } = ran.certificates[0]!
    expect(await stateOf('two')).toMatchObject({
      state: 'deleted',
      bytes: 100,
      deleted: { at: clock.now, certificate: id, rule: 'recordings of oak-lane are kept for 1 year' },
    })
    expect([
      await store.recordingKeys.find({ recordingId: 'two-r' }),
      (await store.recordingKeys.find({ recordingId: 'one-r' }))?.id,
    ]).toEqual([undefined, 'one-k'])
    clock.now = began + 100 * 365 * day
    expect(await retention.run()).toMatchObject({ deleted: 1, certificates: [{ rule: 'recordings are kept for 3 years' }] })
    expect([...files]).toEqual(['three-r'])
    expect(await retention.run()).toMatchObject({ deleted: 0, certificates: [] })
    expect((await kept()).map(({ recordings }) => recordings.map((one) => one.recordingId))).toEqual([['two-r'], ['one-r']])
    expect(await retention.certificate(id)).toEqual(ran.certificates[0])
    expect(await store.differing()).toEqual([])
  })

  test('a dry run lists what would go and what a hold keeps, and deletes nothing', async () => {
    const { clock, files, retention, recorded } = await world(await ground.fresh())
    await recorded('one')
    await recorded('two')
    await retention.holds.place('h', { kind: 'call', value: 'two' }, 'inquest', anna)
    clock.now = began + 4 * 365 * day
    const due = []
    for await (const { recordingId, rule, heldBy, bytes } of retention.due())
      due.push([recordingId, rule.organisation, heldBy?.reason, bytes])
    expect(due).toEqual([
      ['one-r', undefined, undefined, 100],
      ['two-r', undefined, 'inquest', 100],
    ])
    expect(files.size).toBe(2)
  })

  test.each([
    ['a call', { kind: 'call', value: 'held' }],
    ['an organisation', { kind: 'organisation', value: 'oak-lane' }],
    ['the number of a patient, however it was sent', { kind: 'number', value: '+441632960199' }],
  ] as const)('a hold on %s keeps what it covers, over a restart, until it is released', async (_what, scope) => {
    const place = await ground.fresh()
    const before = await world(place)
    await before.recorded('held', 'oak-lane', '01632960199')
    await before.recorded('other')
    await before.retention.holds.place('h', scope, 'complaint 17', anna)
    await before.store.close()
    const { clock, files, retention, stateOf } = await world(place)
    for (const id of ['held-r', 'other-r']) files.add(id)
    clock.now = began + 10 * 365 * day
    expect(await retention.run()).toMatchObject({ deleted: 1, held: 1 })
    expect([...files]).toEqual(['held-r'])
    expect(await stateOf('held')).toMatchObject({ state: 'ready' })
    expect(await retention.holds.release('h', 'settled', anna)).toMatchObject({ released: { reason: 'settled', by: anna } })
    expect(await retention.run()).toMatchObject({ deleted: 1, held: 0 })
    expect(files.size).toBe(0)
  })

  test('a hold that comes while a run is under way keeps what has not gone yet', async () => {
    const place = await ground.fresh()
    const hold: { place?: () => Promise<unknown> } = {}
    const files = new Set<string>()
    const { clock, retention, recorded, stateOf } = await world(place, {
      deleteFiles: async ({ recordingId }) => {
        files.add(recordingId)
        await hold.place?.()
      },
    })
    for (const callId of ['a', 'b', 'c']) {
      await recorded(callId)
      clock.now += 1
    }
    hold.place = () => retention.holds.place('h', { kind: 'organisation', value: 'elm-row' }, 'inquest', anna)
    clock.now = began + 4 * 365 * day
    expect(await retention.run()).toMatchObject({ deleted: 1, certificates: [{ recordings: [{ recordingId: 'a-r' }] }] })
    expect([...files]).toEqual(['a-r'])
    expect(await stateOf('b')).toMatchObject({ state: 'ready' })
  })

  test.each([1, 2, 3])('killed behind file %i, the next run finishes it, with one certificate', async (nth) => {
    const place = await ground.fresh()
    let left = nth
    const files = new Set<string>()
    const deleteFiles = ({ recordingId }: { readonly recordingId: string }) => {
      if (left-- === 1) return Promise.reject(new Error('killed'))
      files.delete(recordingId)
      return Promise.resolve()
    }
    const { clock, retention, recorded, kept, store } = await world(place, { deleteFiles })
    for (const callId of ['a', 'b', 'c']) {
      await recorded(callId)
      files.add(`${callId}-r`)
      clock.now += 1
    }
    clock.now = began + 4 * 365 * day
    await expect(retention.run(anna)).rejects.toThrow('killed')
    expect(await kept()).toEqual([])
    await store.close()
    const next = await world(place, { deleteFiles })
    next.clock.now = began + 5 * 365 * day
    expect(await next.retention.run()).toMatchObject({ deleted: 3, certificates: [{ by: anna }] })
    expect(files.size).toBe(0)
    expect((await next.kept()).map(({ recordings }) => recordings.map((one) => one.recordingId))).toEqual([['a-r', 'b-r', 'c-r']])
  })

  test('nothing else deletes a key, and the chain is whole with what was deleted', async () => {
    const place = await ground.fresh()
    const { clock, store, retention, recorded } = await world(place)
    await recorded('one')
    await recorded('two', 'archive')
    await store.extendChain()
    await expect(store.recordingKeys.delete('one-r')).rejects.toThrow(/goes with the fact that it was deleted/)
    await expect(place.byHand(`delete from recording_keys`)).rejects.toThrow(/goes with the fact that it was deleted/)
    await expect(place.byHand(`update recording_keys set recording_id = 'x'`)).rejects.toThrow(/append-only/)
    clock.now = began + 4 * 365 * day
    await retention.run()
    await expect(place.byHand(`delete from recording_keys where recording_id = 'two-r'`)).rejects.toThrow(
      /goes with the fact that it was deleted/,
    )
    await store.extendChain()
    const database = await openForAsking({ file: place.settings.file, postgres: place.settings.postgres })
    onTestFinished(() => database.close())
    expect((await verifyStore(database)).linked).toMatchObject({ wrong: [], waiting: 0 })
  })

  test('a hold that nobody can read stops every deletion', async () => {
    const { clock, files, store, retention, recorded } = await world(await ground.fresh())
    await recorded('one')
    await store.ledger.append('retention', 'hold:x', 'placed', { scope: { kind: 'moon', value: 'full' }, reason: '?' })
    clock.now = began + 4 * 365 * day
    await expect(retention.run()).rejects.toThrow(/entry 1 of the ledger is a legal hold that cannot be read; nothing is deleted/)
    expect([...files]).toEqual(['one-r'])
  })

  test('after any holds, releases and runs nothing under hold is gone, and nothing that is due stays', async () => {
    const practices = ['elm-row', 'oak-lane', 'archive'] as const
    const keptDays = { 'elm-row': 3 * 365 + 1, 'oak-lane': 365, archive: Infinity }
    const scope = fc.oneof(
      fc.nat(5).map((call) => ({ kind: 'call' as const, call })),
      fc.constantFrom(...practices).map((value) => ({ kind: 'organisation' as const, value })),
      fc.nat(2).map((n) => ({ kind: 'number' as const, value: `+44163296010${n}` })),
    )
    const step = fc.oneof(
      fc.record({ type: fc.constant('call' as const), organisation: fc.constantFrom(...practices), number: fc.nat(2) }),
      fc.record({ type: fc.constant('hold' as const), scope }),
      fc.record({ type: fc.constant('release' as const), which: fc.nat(5) }),
      fc.record({ type: fc.constant('run' as const), afterDays: fc.nat(700) }),
    )
    let round = 0
    const place = await ground.fresh()
    const { clock, files, retention, recorded } = await world(place)
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        round++
        const calls: {
          readonly callId: string
          readonly organisation: (typeof practices)[number]
          readonly number: string
          readonly at: number
        }[] = []
        const holds: { readonly id: string; readonly covers: (call: (typeof calls)[number]) => boolean; on: boolean }[] = []
        for (const one of steps) {
          if (one.type === 'call') {
            const call = {
              callId: `r${round}-${calls.length}`,
              organisation: one.organisation,
              number: `0163296010${one.number}`,
              at: clock.now,
            }
            calls.push(call)
            await recorded(call.callId, call.organisation, call.number)
          } else if (one.type === 'hold') {
            const id = `r${round}-h${holds.length}`
            const { scope: on } = one
            const callId = on.kind === 'call' ? `r${round}-${on.call}` : ''
            await retention.holds.place(id, on.kind === 'call' ? { kind: 'call', value: callId } : on, 'why', anna)
            holds.push({
              id,
              on: true,
              covers: (call) =>
                on.kind === 'call'
                  ? call.callId === callId
                  : on.kind === 'organisation'
                    ? call.organisation === on.value
                    : `+44${call.number.slice(1)}` === on.value,
            })
          } else if (one.type === 'release') {
            const hold = holds[one.which]
            if (hold?.on !== true) continue
            hold.on = false
            await retention.holds.release(hold.id, 'over', anna)
          } else {
            const there = new Set(files)
            clock.now += one.afterDays * day
            await retention.run()
            for (const call of calls) {
              const name = `${call.callId}-r`
              const held = holds.some((hold) => hold.on && hold.covers(call))
              if (held && there.has(name)) expect(files.has(name), `${name} is held`).toBe(true)
              const days = (clock.now - call.at) / day
              // A leap year more or less is told by the tests of the rules.
              if (!held && days > keptDays[call.organisation] + 2) expect(files.has(name), `${name} is due`).toBe(false)
              if (there.has(name) && days < keptDays[call.organisation] - 2) expect(files.has(name), `${name} is not due`).toBe(true)
            }
          }
        }
        for (const hold of holds) if (hold.on) await retention.holds.release(hold.id, 'over', anna)
      }),
      { numRuns: 12 },
    )
  })
}
