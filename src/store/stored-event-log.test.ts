import { expect, onTestFinished, test, vi } from 'vitest'
import type { CallEvent, CallFact } from '../facts/events.js'
import { StoredEventLog } from './stored-event-log.js'

const arrived: CallFact = { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '1', source: '' }
const ended: CallFact = { type: 'call.ended', ending: 'completed' }
const offered: CallFact = { type: 'menu.offered', lines: [], attempt: 1 }

/** A disk that can be full, and slow. */
function disk() {
  const written: CallEvent[][] = []
  const state = { full: false, hangs: false }
  const write = vi.fn(async (events: readonly CallEvent[]): Promise<readonly CallEvent[]> => {
    await Promise.resolve()
    if (state.hangs) await new Promise(() => undefined)
    if (state.full) throw new Error('database or disk is full')
    written.push([...events])
    return []
  })
  return { written, state, write, all: () => written.flat().map((event) => `${event.callId}.${event.seq}`) }
}

function logOn(
  on: ReturnType<typeof disk>,
  more: { lastSeq?: (callId: string) => Promise<number>; durableWaitMs?: number; now?: () => number; monotonic?: () => number } = {},
) {
  vi.useFakeTimers()
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const up = new Set<string>()
  const alarms = { raise: (alarm: string) => void up.add(alarm), clear: (alarm: string) => void up.delete(alarm) }
  const log = new StoredEventLog({
    write: on.write,
    lastSeq: () => Promise.resolve(0),
    alarms,
    durableWaitMs: 2_000,
    node: 'one',
    now: () => 1_000,
    monotonic: () => 0,
    ...more,
  })
  return { log, names: () => [...up] }
}

test('a durable fact is acknowledged only after it was written, with every fact before it', async () => {
  const on = disk()
  const { log } = logOn(on)
  void log.append('a', arrived)
  void log.append('a', offered)
  let acknowledged = false
  const done = log.append('a', ended).then(() => {
    acknowledged = true
  })
  expect(acknowledged).toBe(false)
  expect(on.all()).toEqual([])
  await done
  expect(on.all()).toEqual(['a.1', 'a.2', 'a.3'])
})

test('each fact has its instant by the wall clock and its time in the call by the monotonic one', async () => {
  const on = disk()
  const time = { now: 50_000, monotonic: 700.25 }
  const { log } = logOn(on, { now: () => time.now, monotonic: () => time.monotonic })
  await log.append('a', arrived)
  time.monotonic += 90_000.5
  // Meanwhile the clock was set back by an hour.
  time.now -= 3_600_000
  await log.append('a', ended)
  expect(on.written.flat()).toMatchObject([
    { at: 50_000, elapsedMs: 0 },
    { at: 50_000 - 3_600_000, elapsedMs: 90_001 },
  ])
})

test('a fact of a call that began before the start, and one that is told late, have their instant alone', async () => {
  const on = disk()
  const { log } = logOn(on, { lastSeq: () => Promise.resolve(7) })
  await log.append('old', ended)
  await log.append('a', arrived)
  await log.appendAt('a', ended, 400)
  expect(on.written.flat().map(({ callId, at, elapsedMs }) => ({ callId, at, elapsedMs }))).toEqual([
    { callId: 'old', at: 1_000, elapsedMs: undefined },
    { callId: 'a', at: 1_000, elapsedMs: 0 },
    { callId: 'a', at: 400, elapsedMs: undefined },
  ])
})

test('what gathers during one write goes into the next one, in one piece', async () => {
  const on = disk()
  const { log } = logOn(on)
  const first = log.append('a', arrived)
  const rest = Array.from({ length: 50 }, (_, index) => log.append(`call-${index}`, arrived))
  await first
  await Promise.all(rest)
  expect(on.written.map((batch) => batch.length)).toEqual([1, 50])
})

test('facts that nothing hangs on are acknowledged at once and written together a moment later', async () => {
  const on = disk()
  const { log } = logOn(on)
  await log.append('a', arrived)
  await log.append('a', offered)
  await log.append('a', offered)
  expect(on.written).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(25)
  expect(on.written.map((batch) => batch.length)).toEqual([1, 2])
})

test('a durable fact that follows another in the same breath does not linger', async () => {
  const on = disk()
  const { log } = logOn(on)
  await log.append('a', arrived)
  await log.append('a', ended)
  await log.append('b', arrived)
  expect(on.written).toHaveLength(3)
})

test('disk full: code that needs a fact on disk is told that it is not, the alarm is up, and nothing is lost once there is room', async () => {
  const on = disk()
  const { log, names } = logOn(on)
  on.state.full = true
  expect(await log.append('a', arrived)).toBeUndefined()
  expect(names()).toEqual(['store.cannotWrite'])
  expect(await log.append('a', offered)).toMatchObject({ seq: 2 })
  expect(await log.append('a', ended)).toBeUndefined()
  expect(log.queued).toBe(3)
  expect(log.failing).toBe('database or disk is full')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(log.queued).toBe(3)
  expect(on.write.mock.calls.length).toBeLessThan(25)
  on.state.full = false
  await vi.advanceTimersByTimeAsync(5_000)
  expect(on.all()).toEqual(['a.1', 'a.2', 'a.3'])
  expect(names()).toEqual([])
  expect(log.queued).toBe(0)
  expect(await log.append('b', arrived)).toMatchObject({ callId: 'b', seq: 1 })
})

test('a disk that hangs holds up a call for two seconds and no longer, and the fact is not called stored', async () => {
  const on = disk()
  const { log, names } = logOn(on)
  on.state.hangs = true
  let told: 'nothing' | 'kept' | 'not kept' = 'nothing'
  void log.append('a', arrived).then((event) => {
    told = event ? 'kept' : 'not kept'
  })
  await vi.advanceTimersByTimeAsync(1_990)
  expect(told).toBe('nothing')
  await vi.advanceTimersByTimeAsync(20)
  expect(told).toBe('not kept')
  expect(names()).toEqual(['store.slow'])
})

test('facts of a call from before the start keep their order while the store is asked for its last number', async () => {
  const on = disk()
  const { log } = logOn(on, { lastSeq: async () => new Promise((resolve) => setTimeout(() => resolve(22), 100)) })
  const heard: number[] = []
  log.subscribe((event) => heard.push(event.seq))
  const all = Promise.all([log.append('old', offered), log.append('old', ended), log.append('old', offered)])
  await vi.advanceTimersByTimeAsync(150)
  expect((await all).map((event) => event?.seq)).toEqual([23, 24, 25])
  expect(heard).toEqual([23, 24, 25])
})

test('closing writes what is left; with a dead disk it gives up and says how much', async () => {
  const on = disk()
  const { log } = logOn(on)
  await log.append('a', arrived)
  await log.append('a', offered)
  expect(await log.close(1_000)).toBe(0)
  expect(on.all()).toEqual(['a.1', 'a.2'])

  const dead = disk()
  dead.state.full = true
  const other = logOn(dead)
  await other.log.append('a', arrived)
  await other.log.append('a', offered)
  const closing = other.log.close(1_000)
  await vi.advanceTimersByTimeAsync(1_100)
  expect(await closing).toBe(2)
  const tries = dead.write.mock.calls.length
  await vi.advanceTimersByTimeAsync(60_000)
  expect(dead.write.mock.calls.length).toBe(tries)
  expect(vi.getTimerCount()).toBe(0)
})
