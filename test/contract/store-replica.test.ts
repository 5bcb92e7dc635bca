import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { replica as lookAt } from '../../src/doctor/replica.js'
import { openStore, type Store } from '../../src/store/store.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { goodCall } from '../kit/sample-call.js'

/** A sign of life is written every five seconds, and looked for at the next one. */
const soon = { timeout: 40_000, interval: 200 }

describe.skipIf(noPostgres !== undefined)(
  `lists and reports from a replica${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  () => {
    let primary: Postgres
    let replica: Postgres
    let url: string
    beforeAll(async () => {
      primary = await Postgres.start()
      url = await primary.database()
      replica = await Postgres.replicaOf(primary)
    }, 120_000)
    afterAll(async () => {
      await replica.close()
      await primary.close()
    })

    test('one that stands still has an alarm, and what is read from it says as of when it is; both are over when it has caught up', async () => {
      let ahead = 0
      const alarms = new AlarmBoard()
      const store = await openStore({
        file: join(scratchFolder(), 'unused.db'),
        postgres: { url, readUrl: replica.sameDatabase(url) },
        node: 'engine-1',
        alarms,
        now: () => Date.now() + ahead,
      })
      onTestFinished(() => store.close())
      const raised = () => alarms.active().map(({ alarm }) => alarm)
      await happened(store, 'before')
      await expect.poll(() => listed(store), soon).toEqual(['before'])
      await expect.poll(() => replica.by(replica.sameDatabase(url), 'select node from engines'), soon).toEqual([{ node: 'engine-1' }])

      const found = async (address: string) => (await lookAt(address)).map(({ kind, what }) => `${kind}: ${what}`)
      expect(await found(url)).toEqual(['look: the server of database.readUrl is no replica'])
      expect(await found(replica.sameDatabase(url))).toEqual(['fine: the replica for lists and reports replays'])

      await replica.by(replica.sameDatabase(url), 'select pg_wal_replay_pause()')
      expect(await found(replica.sameDatabase(url))).toEqual(['wrong: the replay of the replica is paused: lists and reports stand still'])
      const paused = Date.now()
      await happened(store, 'after')
      ahead = 60_000
      await expect.poll(raised, soon).toEqual(['store.replicaBehind'])
      expect(await listed(store)).toEqual(['before'])
      const asOf = store.reportsAsOf() ?? Number.NaN
      expect(asOf).toBeGreaterThan(paused - 60_000)
      expect(asOf).toBeLessThanOrEqual(Date.now())
      expect(alarms.active()[0]?.detail).toContain(new Date(asOf).toISOString().slice(0, 16).replace('T', ' '))

      await replica.by(replica.sameDatabase(url), 'select pg_wal_replay_resume()')
      await expect.poll(raised, soon).toEqual([])
      expect(store.reportsAsOf()).toBeUndefined()
      expect(await listed(store)).toEqual(['after', 'before'])

      // A replica that is gone is behind as well, and the alarm says why.
      await replica.stop()
      expect(await found(replica.sameDatabase(url))).toEqual([expect.stringMatching(/^wrong: the replica does not answer/)])
      ahead += 60_000
      await expect.poll(() => alarms.active().map(({ detail }) => detail), soon).toEqual([expect.stringContaining('it cannot be asked')])
      await replica.run()
      await expect.poll(raised, soon).toEqual([])
    }, 240_000)
  },
)

async function happened(store: Store, callId: string): Promise<void> {
  for (const fact of goodCall(callId)) await store.log.append(callId, fact)
}

async function listed(store: Store): Promise<readonly string[]> {
  return (await store.calls({})).calls.map(({ callId }) => callId)
}
