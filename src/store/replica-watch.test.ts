import { expect, test } from 'vitest'
import { AlarmBoard } from '../alarms/alarm-board.js'
import { behindAfterMs, ReplicaWatch, type SeenOnReplica } from './replica-watch.js'

const now = Date.UTC(2026, 11, 1, 9, 30)

function watchOf(seen: { now: SeenOnReplica | Error }) {
  const alarms = new AlarmBoard(() => now)
  const watch = new ReplicaWatch(() => (seen.now instanceof Error ? Promise.reject(seen.now) : Promise.resolve(seen.now)), alarms)
  return { watch, details: () => alarms.active().map(({ alarm, detail }) => `${alarm}: ${detail}`) }
}

test('a replica that shows what was written is in order, though the engine was off for hours before', async () => {
  const seen = { now: { own: now - 10 * 3_600_000, newest: now - 1_000 } }
  const { watch, details } = watchOf(seen)
  await watch.look(now)
  expect([watch.asOf, details()]).toEqual([undefined, []])
  seen.now = { own: now, newest: now }
  await watch.look(now + 5_000)
  expect([watch.asOf, details()]).toEqual([undefined, []])
})

test('one that stands still has an alarm after half a minute, with the newest that it has of any engine', async () => {
  const seen = { now: { own: now - 2 * 3_600_000, newest: now - 3_600_000 } }
  const { watch, details } = watchOf(seen)
  await watch.look(now)
  await watch.look(now + behindAfterMs - 1)
  expect(details()).toEqual([])
  await watch.look(now + behindAfterMs)
  expect(watch.asOf).toBe(now - 3_600_000)
  expect(details()).toEqual(['store.replicaBehind: the replica (database.readUrl) has nothing of after 2026-12-01 08:30 UTC'])
  seen.now = { own: now + behindAfterMs, newest: now + behindAfterMs }
  await watch.look(now + behindAfterMs + 5_000)
  expect([watch.asOf, details()]).toEqual([undefined, []])
})

test('one that cannot be asked is behind from the last that was seen of it', async () => {
  const seen: { now: SeenOnReplica | Error } = { now: { own: now, newest: now + 2_000 } }
  const { watch, details } = watchOf(seen)
  await watch.look(now)
  seen.now = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  await watch.look(now + 5_000)
  expect(details()).toEqual([])
  await watch.look(now + behindAfterMs)
  expect(watch.asOf).toBe(now + 2_000)
  expect(details()).toEqual([expect.stringContaining('09:30 UTC; it cannot be asked: the database server cannot be reached')])
})

test('a server that has nothing of this engine is no replica of its database', async () => {
  const { watch, details } = watchOf({ now: { own: undefined, newest: undefined } })
  await watch.look(now)
  await watch.look(now + behindAfterMs)
  expect(watch.asOf).toBe(now)
  expect(details()).toEqual([expect.stringContaining('is it a replica of database.url?')])
})
