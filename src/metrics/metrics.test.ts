import { expect, onTestFinished, test } from 'vitest'
import { goodCall, untilTalking } from '../calls/scenario/sample-call.js'
import type { CallEvent, CallFact } from '../calls/events.js'
import { createMetrics } from './metrics.js'

function measured() {
  const listeners = new Set<(event: CallEvent) => void>()
  const state = { backlog: 0, queued: 0, ready: true }
  const metrics = createMetrics({
    log: {
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    switchHealth: () => ({ ready: state.ready, signalling: { up: true, detail: '' }, media: { up: state.ready, detail: '' }, legs: 3 }),
    storeQueued: () => state.queued,
    recordings: () => ({ backlog: state.backlog, failed: 0 }),
    alarms: () => [{ alarm: 'store.slow' }],
    labels: { node: 'a' },
  })
  onTestFinished(() => metrics.close())
  let seq = 0
  const tell = (callId: string, at: number, ...facts: readonly CallFact[]) => {
    for (const fact of facts) for (const listener of listeners) listener({ callId, seq: ++seq, at, ...fact })
  }
  /** Value of a sample; undefined when there is none. */
  const value = async (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const lines = (await metrics.scrape()).split('\n').filter((line) => line.startsWith(`${name}{`))
    const line = lines.find((one) => Object.entries(labels).every(([label, text]) => one.includes(`${label}="${text}"`)))
    return line === undefined ? undefined : Number(line.split(' ').at(-1))
  }
  return { metrics, state, tell, value, listeners }
}

test('a call is counted once, by its ending, however many legs it had', async () => {
  const { tell, value } = measured()
  tell('one', 1_000, ...goodCall('one'))
  tell('two', 1_000, ...goodCall('two').slice(0, 7), { type: 'call.ended', ending: 'abandonedInHunt' })
  expect(await value('ringround_calls_ended_total', { ending: 'completed' })).toBe(1)
  expect(await value('ringround_calls_ended_total', { ending: 'abandonedInHunt' })).toBe(1)
  expect(await value('ringround_attempts_total', { result: 'noAnswer' })).toBe(2)
  expect(await value('ringround_attempts_total', { result: 'accepted', pool: 'local' })).toBe(1)
  expect(await value('ringround_refs_sum')).toBe(3)
  expect(await value('ringround_calls_live')).toBe(0)
})

test('wait and talk are measured as the record has them', async () => {
  const { tell, value } = measured()
  tell('one', 10_000, ...untilTalking('one', { heardAt: 43_000 }))
  expect(await value('ringround_calls_live')).toBe(1)
  expect(await value('ringround_wait_seconds_sum')).toBe(33)
  tell('one', 103_000, { type: 'talk.ended', by: 'caller', why: 'hangup' })
  expect(await value('ringround_talk_seconds_sum')).toBe(60)
})

test('a recording that becomes ready after its call is measured from its end', async () => {
  const { tell, value } = measured()
  tell('one', 1_000, ...goodCall('one'))
  tell('one', 2_500, { type: 'recording.ready', recordingId: 'one-r', path: 'p', bytes: 1, seconds: 1, sha256: '' })
  expect(await value('ringround_recording_ready_seconds_sum')).toBe(1.5)
  expect(await value('ringround_recordings_ready_total')).toBe(1)
})

test('what is asked at each scrape is asked at each scrape', async () => {
  const { state, value } = measured()
  expect(await value('ringround_switch_ready')).toBe(1)
  Object.assign(state, { ready: false, backlog: 7, queued: 9 })
  expect(await value('ringround_switch_ready')).toBe(0)
  expect(await value('ringround_switch_media_up')).toBe(0)
  expect(await value('ringround_recordings_backlog')).toBe(7)
  expect(await value('ringround_store_queued_facts')).toBe(9)
  expect(await value('ringround_alarms_active', { node: 'a' })).toBe(1)
  expect(await value('ringround_nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0)
})

test('closed metrics listen no more', () => {
  const { metrics, listeners } = measured()
  expect(listeners.size).toBe(1)
  metrics.close()
  expect(listeners.size).toBe(0)
})
