import { spawnSync } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { goodCall, untilTalking } from '../../test/kit/sample-call.js'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import { createMetrics } from './metrics.js'

function measured() {
  const listeners = new Set<(event: CallEvent) => void>()
  const state = { backlog: 0, queued: 0, ready: true }
  const lines = new Set(['cardiology', 'ent-adult'])
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
    labels: { engine: 'a' },
    hasLine: (line) => lines.has(line),
    version: '1.2.3',
  })
  onTestFinished(() => metrics.close())
  let seq = 0
  const tell = (callId: string, at: number, ...facts: readonly CallFact[]) => {
    for (const fact of facts) for (const listener of listeners) listener({ ...unknownOrigin, callId, seq: ++seq, at, ...fact })
  }
  /** Value of a sample; undefined when there is none. */
  const value = async (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const lines = (await metrics.scrape()).split('\n').filter((line) => line.startsWith(`${name}{`))
    const line = lines.find((one) => Object.entries(labels).every(([label, text]) => one.includes(`${label}="${text}"`)))
    return line === undefined ? undefined : Number(line.split(' ').at(-1))
  }
  return { metrics, state, lines, tell, value, listeners }
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

test.each(['answeredThenHungUp', 'failed', 'cancelled'] as const)(
  'an acceptance without a talk (%s) does not end a wait; the next one does',
  async (result) => {
    const { tell, value } = measured()
    const until = untilTalking('one', { heardAt: 43_000 })
    tell('one', 10_000, ...until.slice(0, 12), { type: 'attempt.ended', attempt: 'one-2', result })
    expect(await value('ringround_wait_seconds_count')).toBeUndefined()
    expect(await value('ringround_attempts_total', { result })).toBe(1)
    tell('one', 10_000, ...untilTalking('one', { heardAt: 43_000, attempt: 'one-3' }).slice(7, 12), {
      type: 'attempt.ended',
      attempt: 'one-3',
      result: 'accepted',
    })
    expect(await value('ringround_wait_seconds_count')).toBe(1)
    expect(await value('ringround_wait_seconds_sum')).toBe(33)
  },
)

test('durations are the monotonic clock’s', async () => {
  const { listeners, value } = measured()
  goodCall('one').forEach((fact, index) => {
    for (const listener of listeners)
      listener({ ...unknownOrigin, callId: 'one', seq: index + 1, at: index < 10 ? 1_000 : 90_000_000, elapsedMs: index * 1_000, ...fact })
  })
  for (const listener of listeners)
    listener({
      ...unknownOrigin,
      callId: 'one',
      seq: 30,
      at: 5,
      elapsedMs: 24_000,
      type: 'recording.ready',
      recordingId: 'one-r',
      path: 'p',
      bytes: 1,
      seconds: 1,
      sha256: '',
    })
  expect(await value('ringround_wait_seconds_sum')).toBe(9)
  expect(await value('ringround_talk_seconds_sum')).toBe(5)
  expect(await value('ringround_time_to_answer_seconds_sum')).toBe(2)
  expect(await value('ringround_recording_ready_seconds_sum')).toBe(7)
})

test('a recording that becomes ready after its call is measured from its end', async () => {
  const { tell, value } = measured()
  tell('one', 1_000, ...goodCall('one'))
  tell('one', 2_500, { type: 'recording.ready', recordingId: 'one-r', path: 'p', bytes: 1, seconds: 1, sha256: '' })
  expect(await value('ringround_recording_ready_seconds_sum')).toBe(1.5)
  expect(await value('ringround_recordings_ready_total')).toBe(1)
})

test('gauges are asked for at each scrape', async () => {
  const { state, value } = measured()
  expect(await value('ringround_switch_ready')).toBe(1)
  Object.assign(state, { ready: false, backlog: 7, queued: 9 })
  expect(await value('ringround_switch_ready')).toBe(0)
  expect(await value('ringround_switch_media_up')).toBe(0)
  expect(await value('ringround_recordings_backlog')).toBe(7)
  expect(await value('ringround_store_queued_facts')).toBe(9)
  expect(await value('ringround_alarms_active', { engine: 'a' })).toBe(1)
  expect(await value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0)
})

test('closed metrics stop listening', () => {
  const { metrics, listeners } = measured()
  expect(listeners.size).toBe(1)
  metrics.close()
  expect(listeners.size).toBe(0)
})

test('waits, endings and attempts are labelled by line; those without a line have none', async () => {
  const { tell, value } = measured()
  tell('one', 1_000, ...goodCall('one', { line: 'ent-adult' }))
  tell('two', 1_000, ...goodCall('two').slice(0, 7), { type: 'call.ended', ending: 'abandonedInHunt' })
  tell('menu', 1_000, ...goodCall('menu').slice(0, 2), { type: 'call.ended', ending: 'abandonedInMenu' })
  tell(
    'closed',
    1_000,
    ...goodCall('closed').slice(0, 2),
    { type: 'line.refused', line: 'cardiology', why: 'closed' },
    { type: 'call.ended', ending: 'lineClosed' },
  )
  expect(await value('ringround_calls_ended_total', { ending: 'completed', line: 'ent-adult' })).toBe(1)
  expect(await value('ringround_calls_ended_total', { ending: 'completed', line: 'cardiology' })).toBeUndefined()
  expect(await value('ringround_calls_ended_total', { ending: 'abandonedInHunt', line: 'cardiology' })).toBe(1)
  expect(await value('ringround_calls_ended_total', { ending: 'abandonedInMenu', line: '(none)' })).toBe(1)
  expect(await value('ringround_calls_ended_total', { ending: 'lineClosed', line: 'cardiology' })).toBe(1)
  expect(await value('ringround_wait_seconds_count', { line: 'ent-adult' })).toBe(1)
  expect(await value('ringround_wait_seconds_count', { line: 'cardiology' })).toBeUndefined()
  expect(await value('ringround_attempts_total', { result: 'accepted', pool: 'local', line: 'ent-adult' })).toBe(1)
  expect(await value('ringround_attempts_total', { result: 'noAnswer', pool: 'local', line: 'cardiology' })).toBe(1)
})

test('there are no more series than the directory has lines: a line that goes is scraped once more, and then dropped', async () => {
  const { lines, tell, value } = measured()
  tell('one', 1_000, ...goodCall('one', { line: 'ent-adult' }))
  tell('running', 1_000, ...untilTalking('running', { line: 'ent-adult', heardAt: 2_000 }))
  tell('other', 1_000, ...goodCall('other'))
  lines.delete('ent-adult')
  expect(await value('ringround_calls_ended_total', { line: 'ent-adult' })).toBe(1)
  expect(await value('ringround_calls_ended_total', { line: 'ent-adult' })).toBeUndefined()
  expect(await value('ringround_wait_seconds_count', { line: 'ent-adult' })).toBeUndefined()
  expect(await value('ringround_wait_seconds_bucket', { line: 'ent-adult' })).toBeUndefined()
  expect(await value('ringround_attempts_total', { line: 'ent-adult' })).toBeUndefined()
  // A running call on it is still counted, without a new series.
  tell('running', 60_000, { type: 'call.ended', ending: 'completed' })
  for (let line = 0; line < 50; line++) tell(`unknown-${line}`, 1_000, ...goodCall(`unknown-${line}`, { line: `line-${line}` }))
  expect(await value('ringround_calls_ended_total', { ending: 'completed', line: '(gone)' })).toBe(51)
  expect(await value('ringround_calls_ended_total', { ending: 'completed', line: 'cardiology' })).toBe(1)
  lines.add('ent-adult')
  tell('again', 1_000, ...goodCall('again', { line: 'ent-adult' }))
  expect(await value('ringround_calls_ended_total', { line: 'ent-adult' })).toBe(1)
})

test('refs are measured of calls that hunted for a line, and of no others', async () => {
  const { tell, value } = measured()
  tell(
    'placed',
    1_000,
    { type: 'call.placed', kind: 'patientConnect', arrangement: 'x', clinician: 'dr-okafor' },
    { type: 'attempt.started', attempt: 'c', candidate: 'clinician:dr-okafor', label: 'Dr Okafor', pool: 'local', target: 'sip:x@y' },
    { type: 'attempt.ended', attempt: 'c', result: 'noAnswer' },
    { type: 'call.ended', ending: 'unanswered' },
  )
  tell('menu', 1_000, ...goodCall('menu').slice(0, 2), { type: 'call.ended', ending: 'abandonedInMenu' })
  expect(await value('ringround_refs_count')).toBe(0)
  tell('one', 1_000, ...goodCall('one'))
  expect(await value('ringround_refs_count')).toBe(1)
  expect(await value('ringround_refs_sum')).toBe(2)
})

test('process metrics have the usual names, and the build is identified', async () => {
  const { value } = measured()
  expect(await value('process_cpu_seconds_total')).toBeGreaterThan(0)
  expect(await value('process_resident_memory_bytes')).toBeGreaterThan(0)
  expect(await value('nodejs_heap_size_used_bytes')).toBeGreaterThan(0)
  expect(await value('ringround_build_info', { version: '1.2.3', node: process.versions.node })).toBe(1)
})

test('names, types and help are as Prometheus wants them', async () => {
  const { metrics, tell } = measured()
  tell('one', 1_000, ...goodCall('one'))
  const text = await metrics.scrape()
  expect(namingFaults(text)).toEqual([])
  expect(namingFaults('# HELP a_total x\n# TYPE a_total gauge\na_total 1\n')).toEqual(['a_total is a gauge with the suffix of a counter'])
  expect(namingFaults('# HELP b x\n# TYPE b counter\nb 1\n')).toEqual(['b is a counter without _total'])
  expect(namingFaults('# TYPE c_ms gauge\nc_ms 1\n')).toEqual(['c_ms has no help', 'c_ms is not in a base unit'])
})

const promtool = spawnSync('promtool', ['--version']).status === 0

test.runIf(promtool)('promtool, where it is installed, complains of nothing', async () => {
  const { metrics, tell } = measured()
  tell('one', 1_000, ...goodCall('one'))
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await metrics.scrape(), encoding: 'utf8' })
  expect([status, stdout, stderr]).toEqual([0, '', ''])
})

/** The rules of `promtool check metrics` that can be told by the text: help, suffixes, base units, reserved labels. */
function namingFaults(text: string): readonly string[] {
  const faults: string[] = []
  const help = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name))
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (!help.has(name)) faults.push(`${name} has no help`)
    if (!/^[a-z][a-z0-9_]*$/.test(name)) faults.push(`${name} is not in snake case`)
    if (type === 'counter' && !name.endsWith('_total')) faults.push(`${name} is a counter without _total`)
    if (type !== 'counter' && name.endsWith('_total')) faults.push(`${name} is a ${type} with the suffix of a counter`)
    if (type !== 'histogram' && /_(bucket|count|sum)$/.test(name)) faults.push(`${name} has the suffix of a histogram`)
    if (/_(ms|milliseconds|minutes|hours|days|kilobytes|megabytes|percent)(_|$)/.test(name)) faults.push(`${name} is not in a base unit`)
    if (name.includes(type) && ['counter', 'gauge', 'histogram', 'summary'].includes(type)) faults.push(`${name} has its type in its name`)
  }
  return faults
}

test('every other event is counted by its kind', async () => {
  const { tell, value } = measured()
  tell('one', 1_000, ...untilTalking('one'))
  tell(
    'one',
    2_000,
    { type: 'candidate.passedOver', candidate: 'clinician:dr-okafor', why: 'onACall' },
    { type: 'alarm.raised', alarm: 'speech.failed', detail: '' },
    { type: 'code.refused', why: 'wrong', digits: 4 },
    { type: 'callBack.requested', line: 'cardiology', number: '01632960889' },
    { type: 'outcome.left', outcome: 'referral-avoided', by: 'caller' },
    { type: 'recording.failed', recordingId: 'one-r', stage: 'store', why: 'disk full' },
  )
  expect(await value('ringround_calls_arrived_total', { kind: 'dialIn' })).toBe(1)
  expect(await value('ringround_candidates_passed_over_total', { why: 'onACall' })).toBe(1)
  expect(await value('ringround_call_alarms_total', { alarm: 'speech.failed' })).toBe(1)
  expect(await value('ringround_codes_refused_total', { why: 'wrong' })).toBe(1)
  expect(await value('ringround_call_backs_requested_total', { line: 'cardiology' })).toBe(1)
  expect(await value('ringround_outcomes_total', { outcome: 'referral-avoided', by: 'caller' })).toBe(1)
  expect(await value('ringround_recordings_failed_total', { stage: 'store' })).toBe(1)
  expect(await value('ringround_recordings_ready_total')).toBe(0)
})

test('the time to answer is the answered attempt’s; each attempt counts for its own pool', async () => {
  const { tell, value } = measured()
  const started = (attempt: string, pool: 'local' | 'ncn'): CallFact => ({
    type: 'attempt.started',
    attempt,
    candidate: attempt,
    label: attempt,
    pool,
    target: '+447700900123',
  })
  const [arrived, answered, chosen, hunt] = untilTalking('one')
  tell('one', 0, ...[arrived, answered, chosen, hunt].filter((fact) => fact !== undefined))
  tell('one', 1_000, started('1', 'local'))
  tell('one', 21_000, { type: 'attempt.ended', attempt: '1', result: 'noAnswer' }, started('2', 'ncn'))
  tell('one', 28_000, { type: 'attempt.answered', attempt: '2', legId: 'b' })
  tell(
    'one',
    43_000,
    { type: 'attempt.ended', attempt: '2', result: 'notAccepted' },
    { type: 'attempt.ended', attempt: 'unknown', result: 'failed' },
  )
  expect(await value('ringround_time_to_answer_seconds_sum')).toBe(7)
  expect(await value('ringround_time_to_answer_seconds_count')).toBe(1)
  expect(await value('ringround_time_to_answer_seconds_bucket', { le: '8' })).toBe(1)
  expect(await value('ringround_time_to_answer_seconds_bucket', { le: '5' })).toBe(0)
  expect(await value('ringround_attempts_total', { result: 'noAnswer', pool: 'local' })).toBe(1)
  expect(await value('ringround_attempts_total', { result: 'notAccepted', pool: 'ncn' })).toBe(1)
  expect(await value('ringround_attempts_total', { result: 'notAccepted', pool: 'local' })).toBeUndefined()
  expect(await value('ringround_wait_seconds_count')).toBeUndefined()
})

test('a call that the engine placed is live until it ends; facts of an unknown call begin none', async () => {
  const { tell, value } = measured()
  tell('placed', 1_000, { type: 'call.placed', kind: 'patientConnect', arrangement: 'x', clinician: 'dr-okafor' })
  tell('stray', 1_000, { type: 'recording.ready', recordingId: 'r', path: 'p', bytes: 1, seconds: 1, sha256: '' })
  expect(await value('ringround_calls_live')).toBe(1)
  expect(await value('ringround_calls_arrived_total', { kind: 'patientConnect' })).toBe(1)
  tell('placed', 2_000, { type: 'call.ended', ending: 'unanswered' })
  expect(await value('ringround_calls_live')).toBe(0)
})

test('unhandled faults are counted by kind, as of the scrape', async () => {
  const faults = { rejection: 2, exception: 1 }
  const metrics = createMetrics({
    log: { subscribe: () => () => undefined },
    switchHealth: () => ({ ready: true, signalling: { up: true, detail: '' }, media: { up: true, detail: '' }, legs: 0 }),
    storeQueued: () => 0,
    recordings: () => ({ backlog: 0, failed: 0 }),
    alarms: () => [],
    programFaults: () => faults,
  })
  onTestFinished(() => metrics.close())
  expect(await metrics.scrape()).toContain('ringround_program_faults_total{kind="rejection"} 2')
  faults.rejection = 5
  const text = await metrics.scrape()
  expect(text).toContain('ringround_program_faults_total{kind="rejection"} 5')
  expect(text).toContain('ringround_program_faults_total{kind="exception"} 1')
  // Without default labels there are none.
  expect(text).toContain('\nringround_legs 0\n')
})
