import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { callRecord, withEvent, type CallRecord } from '../facts/call-record.js'
import { msBetween, type Moment } from '../facts/call-time.js'
import type { CallEvent, EventLog } from '../facts/events.js'
import type { SwitchHealth } from '../switch/port.js'
import { ByLine } from './by-line.js'
import { processMetrics } from './process-metrics.js'

/** The sources of the metrics. The functions are called at each scrape. */
export interface MetricsSources {
  readonly log: Pick<EventLog, 'subscribe'>
  readonly switchHealth: () => SwitchHealth
  readonly storeQueued: () => number
  readonly recordings: () => { readonly backlog: number; readonly failed: number }
  readonly alarms: () => readonly { readonly alarm: string }[]
  readonly registeredDevices?: () => number
  /** Unhandled faults, by kind, since the start. */
  readonly programFaults?: () => { readonly rejection: number; readonly exception: number }
  /** Whether the current directory has this line: figures are kept by line only for these. Default: any. */
  readonly hasLine?: (line: string) => boolean
  /** Of the program. */
  readonly version?: string
  /** Default labels of every sample, e.g. `{ engine: 'a' }`. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface Metrics {
  /** Prometheus text format. */
  scrape(): Promise<string>
  readonly contentType: string
  /** A call that another engine carried and counted goes on here. @param events its facts so far, in order */
  resume(events: readonly CallEvent[]): void
  close(): void
}

/** Seconds; fine around the target (a specialist's voice within 33 s), coarse beyond. */
const waitBuckets = [5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 90, 120, 180, 300]
const talkBuckets = [15, 30, 60, 120, 180, 300, 450, 600, 900, 1_800, 3_600]
const answerBuckets = [1, 2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 60]
const readyBuckets = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300]

/** Counters and histograms read off the call events as they happen, and gauges asked for at each scrape. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  if (sources.labels) registry.setDefaultLabels({ ...sources.labels })
  processMetrics(registry, sources.version ?? 'unknown')
  const byLine = new ByLine(sources.hasLine ?? (() => true))
  const calls = callMetrics(registry, byLine)
  const open = new Map<string, CallRecord>()

  const unsubscribe = sources.log.subscribe((event) => {
    const record = followed(open, event)
    calls.count(event, record)
    if (event.type === 'call.ended') open.delete(event.callId)
    else if (record) open.set(event.callId, record)
  })

  gauge(registry, 'ringround_calls_live', 'Calls now', () => open.size)
  gauge(registry, 'ringround_switch_ready', '1 while calls can be taken', () => (sources.switchHealth().ready ? 1 : 0))
  gauge(registry, 'ringround_switch_signalling_up', '1 while the signalling server is connected', () =>
    sources.switchHealth().signalling.up ? 1 : 0,
  )
  gauge(registry, 'ringround_switch_media_up', '1 while the media server is connected', () => (sources.switchHealth().media.up ? 1 : 0))
  gauge(registry, 'ringround_legs', 'Legs that the engine holds open', () => sources.switchHealth().legs)
  gauge(registry, 'ringround_store_queued_facts', 'Facts in memory that are not on disk yet', sources.storeQueued)
  gauge(registry, 'ringround_recordings_backlog', 'Recordings that wait for or are being made into MP3', () => sources.recordings().backlog)
  gauge(registry, 'ringround_alarms_active', 'Alarms that are up', () => sources.alarms().length)
  gauge(
    registry,
    'ringround_devices_registered',
    'SIP telephones of our own that can be rung now',
    () => sources.registeredDevices?.() ?? 0,
  )

  const { programFaults } = sources
  if (programFaults) {
    new Counter({
      name: 'ringround_program_faults_total',
      help: 'Rejections that nobody awaited and exceptions out of event handlers; calls went on',
      labelNames: ['kind'],
      registers: [registry],
      collect() {
        this.reset()
        const { rejection, exception } = programFaults()
        this.inc({ kind: 'rejection' }, rejection)
        this.inc({ kind: 'exception' }, exception)
      },
    })
  }

  return {
    async scrape() {
      const text = await registry.metrics()
      await byLine.dropGone()
      return text
    },
    contentType: registry.contentType,
    resume(events) {
      const record = callRecord(events)
      if (record && record.ending === undefined) open.set(record.callId, record)
    },
    close() {
      unsubscribe()
      registry.clear()
    },
  }
}

/** The record so far. Facts after a call's end (its recording is ready) belong to no open one. */
function followed(open: ReadonlyMap<string, CallRecord>, event: CallEvent): CallRecord | undefined {
  const before = open.get(event.callId)
  if (before) return withEvent(before, event)
  return event.type === 'call.arrived' || event.type === 'call.placed' ? callRecord([event]) : undefined
}

function callMetrics(register: Registry, byLine: ByLine): { count(event: CallEvent, record: CallRecord | undefined): void } {
  const registers = [register]
  const arrived = new Counter({
    name: 'ringround_calls_arrived_total',
    help: 'Calls that came in or were placed by the engine, by the kind that they began as',
    labelNames: ['kind'],
    registers,
  })
  const ended = byLine.add(
    new Counter({
      name: 'ringround_calls_ended_total',
      help: 'Calls that have ended, by ending and line',
      labelNames: ['ending', 'line'],
      registers,
    }),
  )
  const attempts = byLine.add(
    new Counter({
      name: 'ringround_attempts_total',
      help: 'Ringings, by what became of them, and line; pool direct: of patients and practices',
      labelNames: ['result', 'pool', 'line'],
      registers,
    }),
  )
  const passedOver = new Counter({
    name: 'ringround_candidates_passed_over_total',
    help: 'Specialists who were busy with another caller, or had said "not now"',
    labelNames: ['why'],
    registers,
  })
  const wait = byLine.add(
    new Histogram({
      name: 'ringround_wait_seconds',
      help: 'From the choice of the line to acceptance, by line',
      labelNames: ['line'],
      buckets: waitBuckets,
      registers,
    }),
  )
  const talk = new Histogram({
    name: 'ringround_talk_seconds',
    help: 'From acceptance to the end of the conversation',
    buckets: talkBuckets,
    registers,
  })
  const answer = new Histogram({
    name: 'ringround_time_to_answer_seconds',
    help: 'From the start of a ringing to its answer',
    buckets: answerBuckets,
    registers,
  })
  const refs = new Histogram({
    name: 'ringround_refs',
    help: 'Specialists tried in calls that hunted',
    buckets: [0, 1, 2, 3, 4, 5, 7, 10, 15],
    registers,
  })
  const outcomes = new Counter({
    name: 'ringround_outcomes_total',
    help: 'Outcomes left, by kind of user; an outcome changed later counts again',
    labelNames: ['outcome', 'by'],
    registers,
  })
  const recordingsReady = new Counter({ name: 'ringround_recordings_ready_total', help: 'Recordings made into MP3', registers })
  const recordingsFailed = new Counter({
    name: 'ringround_recordings_failed_total',
    help: 'Recordings that failed, by where',
    labelNames: ['stage'],
    registers,
  })
  const readyAfter = new Histogram({
    name: 'ringround_recording_ready_seconds',
    help: 'From the end of a recording to its MP3',
    buckets: readyBuckets,
    registers,
  })
  const codesRefused = new Counter({
    name: 'ringround_codes_refused_total',
    help: 'PINs and codes that were wrong, or were keyed during a lock',
    labelNames: ['why'],
    registers,
  })
  const callBacksRequested = byLine.add(
    new Counter({
      name: 'ringround_call_backs_requested_total',
      help: 'Patients who asked to be called back, by line',
      labelNames: ['line'],
      registers,
    }),
  )
  const alarms = new Counter({ name: 'ringround_call_alarms_total', help: 'Alarms raised by calls', labelNames: ['alarm'], registers })
  /** When recordings stopped, until they are ready: the call may have ended by then. Bounded, in case some never become ready. */
  const stopped = new Map<string, Moment>()

  return {
    count(event, record) {
      switch (event.type) {
        case 'call.arrived':
        case 'call.placed':
          return arrived.inc({ kind: event.kind })
        case 'call.ended':
          if (record?.lineChosenAt !== undefined) refs.observe(record.refs)
          return ended.inc({ ending: event.ending, line: byLine.labelOf(record?.line) })
        case 'candidate.passedOver':
          return passedOver.inc({ why: event.why })
        case 'attempt.answered': {
          const attempt = record?.attempts.find((one) => one.attempt === event.attempt)
          return attempt?.answeredAfterMs === undefined
            ? undefined
            : answer.observe(Math.max(0, attempt.answeredAfterMs - attempt.startedAfterMs) / 1000)
        }
        case 'attempt.ended':
          // Not at the acceptance: the specialist may hang up at that moment, and then nobody has accepted.
          if (event.result === 'accepted' && record?.acceptedBy === event.attempt && record.waitMs !== undefined)
            wait.observe({ line: byLine.labelOf(record.line) }, record.waitMs / 1000)
          return attempts.inc({
            result: event.result,
            pool: record?.attempts.find((one) => one.attempt === event.attempt)?.pool ?? 'local',
            line: byLine.labelOf(record?.line),
          })
        case 'talk.ended':
          return record?.talkMs === undefined ? undefined : talk.observe(record.talkMs / 1000)
        case 'outcome.left':
          return outcomes.inc({ outcome: event.outcome, by: event.by })
        case 'recording.stopped':
          stopped.set(event.recordingId, event)
          if (stopped.size > 10_000) stopped.delete([...stopped.keys()][0] ?? '')
          return
        case 'recording.ready': {
          const since = stopped.get(event.recordingId)
          stopped.delete(event.recordingId)
          if (since !== undefined) readyAfter.observe(msBetween(since, event) / 1000)
          return recordingsReady.inc()
        }
        case 'recording.failed':
          return recordingsFailed.inc({ stage: event.stage })
        case 'alarm.raised':
          return alarms.inc({ alarm: event.alarm })
        case 'code.refused':
          return codesRefused.inc({ why: event.why })
        case 'callBack.requested':
          return callBacksRequested.inc({ line: byLine.labelOf(event.line) })
        case 'arrangement.taken':
        case 'organisation.chosen':
        case 'call.answered':
        case 'call.takenOver':
        case 'leg.moved':
        case 'talk.resumed':
        case 'menu.offered':
        case 'menu.keyed':
        case 'line.chosen':
        case 'line.refused':
        case 'hunt.started':
        case 'attempt.started':
        case 'attempt.sent':
        case 'attempt.ringing':
        case 'attempt.accepted':
        case 'whisper.started':
        case 'whisper.wrongKey':
        case 'whisper.word':
        case 'whisper.keyOnly':
        case 'hunt.ended':
        case 'recording.started':
        case 'recording.deleted':
        case 'talk.started':
        case 'outcome.asked':
        case 'call.assigned':
        case 'nhsNumber.left':
        case 'leg.returned':
        case 'leg.ended':
          return
      }
    },
  }
}

function gauge(register: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [register],
    collect() {
      this.set(value())
    },
  })
}
