import { knownTimeZone } from '../../src/directory/time-zone.js'
import { callRecord } from '../../src/facts/call-record.js'
import type { CallEvent } from '../../src/facts/events.js'
import { createLiveBoard, type LiveCall } from '../../src/live/live-board.js'
import { createMetrics } from '../../src/metrics/metrics.js'
import { CallDatabase } from '../../src/store/call-database.js'
import { questions } from '../../src/store/questions.js'
import type { WritableDatabase } from '../../src/store/database.js'
import { huntedCalls } from '../../src/what-if/recorded.js'

/** What one reader of the facts says of a call. Undefined: it says nothing of that. */
export interface Reading {
  readonly ending: string | undefined
  /** Label of who accepted, and did not take it back. */
  readonly acceptedBy: string | undefined
  readonly waitMs: number | undefined
  readonly talkMs: number | undefined
  readonly refs: number
  readonly attempts: readonly string[]
  readonly outcome: string | undefined
}

/** Sums over calls, which is all that the metrics have. */
export interface Sums {
  readonly endings: Readonly<Record<string, number>>
  readonly attempts: Readonly<Record<string, number>>
  readonly waits: number
  readonly waitSeconds: number
  readonly talks: number
  readonly talkSeconds: number
}

/** The oracle: read off the facts by hand, by the definitions of the glossary and nothing else. */
export function byHand(events: readonly CallEvent[]): Reading {
  const find = <T extends CallEvent['type']>(type: T) =>
    events.filter((event): event is Extract<CallEvent, { type: T }> => event.type === type)
  const left = find('arrangement.taken').at(-1) ?? find('organisation.chosen').at(-1)
  const since = left?.seq ?? 0
  const started = find('attempt.started')
  const acceptedAttempt = find('attempt.ended').findLast(({ result }) => result === 'accepted')?.attempt
  const acceptance = find('attempt.accepted').find(({ attempt }) => attempt === acceptedAttempt)
  const chosen = find('line.chosen').findLast(({ seq }) => seq > since)
  const talk = find('talk.started').at(-1)
  const talkEnd = find('talk.ended').at(-1)
  const talkFrom = talk && (find('attempt.accepted').findLast(({ attempt }) => attempt === talk.attempt)?.elapsedMs ?? talk.elapsedMs)
  return {
    ending: find('call.ended').at(-1)?.ending,
    acceptedBy: acceptance && started.find(({ attempt }) => attempt === acceptance.attempt)?.label,
    waitMs: acceptance && chosen ? acceptance.elapsedMs! - chosen.elapsedMs! : undefined,
    talkMs: talkEnd && talkFrom !== undefined ? talkEnd.elapsedMs! - talkFrom : undefined,
    refs: new Set(started.filter(({ pool, seq }) => pool !== 'direct' && seq > since).map(({ candidate }) => candidate)).size,
    attempts: started.map(({ attempt }) => find('attempt.ended').find((ended) => ended.attempt === attempt)?.result ?? 'running'),
    outcome: find('outcome.left').at(-1)?.outcome,
  }
}

export function byTheRecord(events: readonly CallEvent[]): Reading {
  const record = callRecord(events)
  if (!record) throw new Error('no events')
  return {
    ending: record.ending,
    acceptedBy: record.attempts.find(({ attempt }) => attempt === record.acceptedBy)?.label,
    waitMs: record.waitMs,
    talkMs: record.talkMs,
    refs: record.refs,
    attempts: record.attempts.map(({ result }) => result ?? 'running'),
    outcome: record.outcome?.outcome,
  }
}

/** Written fact by fact in groups of any size, and asked as the list of calls is. */
export async function byTheStore(
  database: WritableDatabase,
  calls: ReadonlyMap<string, readonly CallEvent[]>,
  groupOf: number,
): Promise<ReadonlyMap<string, Reading>> {
  const writer = new CallDatabase(database)
  const all = [...calls.values()].flat()
  for (let start = 0; start < all.length; start += groupOf) await writer.append(all.slice(start, start + groupOf))
  const page = await questions.calls.ask(database.db, { limit: 200 })
  const readings = new Map<string, Reading>()
  for (const call of page.calls) {
    if (!calls.has(call.callId)) continue
    const attempts = await database.db
      .selectFrom('attempts')
      .select('result')
      .where('call_id', '=', call.callId)
      .orderBy('position')
      .execute()
    readings.set(call.callId, {
      ending: call.ending ?? undefined,
      acceptedBy: call.acceptedBy ?? undefined,
      waitMs: call.waitMs ?? undefined,
      talkMs: call.talkMs ?? undefined,
      refs: call.refs,
      attempts: attempts.map(({ result }) => result ?? 'running'),
      outcome: call.outcome ?? undefined,
    })
  }
  return readings
}

/** The wallboard in the moment before each call ended. */
export function byTheWallboard(all: readonly CallEvent[]): ReadonlyMap<string, LiveCall> {
  const listeners = new Set<(event: CallEvent) => void>()
  let now = 0
  const board = createLiveBoard(
    log(listeners),
    { organisation: () => undefined, line: () => undefined },
    { monotonic: () => now, now: () => 0 },
  )
  const last = new Map<string, LiveCall>()
  for (const event of all) {
    now = event.elapsedMs ?? 0
    if (event.type === 'call.ended') for (const call of board.calls()) if (call.callId === event.callId) last.set(event.callId, call)
    for (const listener of listeners) listener(event)
  }
  board.close()
  return last
}

export async function byTheMetrics(all: readonly CallEvent[]): Promise<Sums> {
  const listeners = new Set<(event: CallEvent) => void>()
  const metrics = createMetrics({
    log: log(listeners),
    switchHealth: () => ({ ready: true, signalling: { up: true, detail: '' }, media: { up: true, detail: '' }, legs: 0 }),
    storeQueued: () => 0,
    recordings: () => ({ backlog: 0, failed: 0 }),
    alarms: () => [],
  })
  for (const event of all) for (const listener of listeners) listener(event)
  const lines = (await metrics.scrape()).split('\n')
  metrics.close()
  const by = (name: string, label: string) => {
    const sums: Record<string, number> = {}
    for (const line of lines) {
      const value = line.startsWith(`${name}{`) ? new RegExp(`${label}="([^"]*)"`).exec(line)?.[1] : undefined
      if (value !== undefined) sums[value] = (sums[value] ?? 0) + Number(line.split(' ').at(-1))
    }
    return sums
  }
  // With labels or without: all series of the name together.
  const sum = (name: string) =>
    lines
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
  return {
    endings: by('ringround_calls_ended_total', 'ending'),
    attempts: by('ringround_attempts_total', 'result'),
    waits: sum('ringround_wait_seconds_count'),
    waitSeconds: sum('ringround_wait_seconds_sum'),
    talks: sum('ringround_talk_seconds_count'),
    talkSeconds: sum('ringround_talk_seconds_sum'),
  }
}

/** What the readings of single calls come to. */
export function summed(readings: readonly Reading[]): Sums {
  const count = (values: readonly string[]) =>
    values.reduce<Record<string, number>>((counts, value) => ({ ...counts, [value]: (counts[value] ?? 0) + 1 }), {})
  const defined = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined)
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / 1_000
  const waits = defined(readings.map(({ waitMs }) => waitMs))
  const talks = defined(readings.map(({ talkMs }) => talkMs))
  return {
    endings: count(readings.flatMap(({ ending }) => ending ?? [])),
    attempts: count(readings.flatMap(({ attempts }) => attempts.filter((result) => result !== 'running'))),
    waits: waits.length,
    waitSeconds: total(waits),
    talks: talks.length,
    talkSeconds: total(talks),
  }
}

/** What a what-if takes from the calls that it replays. */
export function byWhatIf(
  calls: ReadonlyMap<string, readonly CallEvent[]>,
): ReadonlyMap<string, { readonly waitMs: number | undefined; readonly refs: number; readonly talkMs: number | undefined }> {
  const records = [...calls.values()].flatMap((events) => callRecord(events) ?? [])
  return new Map(
    huntedCalls(records, knownTimeZone('Europe/London')).hunted.map(({ callId, result, talkMs }) => [callId, { ...result, talkMs }]),
  )
}

function log(listeners: Set<(event: CallEvent) => void>): { subscribe(listener: (event: CallEvent) => void): () => void } {
  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
