import { dateOf, dayNumber, daysOfWeek, weekdayIndex, type DayNumber } from './calendar.js'
import type { ClinicianId, Directory, HuntCandidate, Line, PoolId, Rota, RotaChange, RotaEntry, RotaSession, TimeSpan } from './model.js'
import { spanMinutes, spanOn } from './span.js'
import { writeTarget } from './telephone-number.js'
import { knownTimeZone, type TimeZone } from './time-zone.js'

/** One session on one date, with the changes for that date applied. */
export interface DatedSession {
  readonly name: string
  /** The date on which it begins, `YYYY-MM-DD`. */
  readonly date: string
  /** ms since the epoch; `to` is exclusive. */
  readonly from: number
  readonly to: number
  /** The people rung, in order. Empty when the session is closed or nobody is on it. */
  readonly entries: readonly RotaEntry[]
  /** Closed for this date: nobody is rung. */
  readonly closed: boolean
  /** The people on by the weekly pattern; empty for a session of this date alone. */
  readonly pattern: readonly RotaEntry[]
  /** Whether a change for this date affects it. */
  readonly changed: boolean
}

/** The people on at an instant, in ringing order, and their sessions. */
export interface OnDuty {
  readonly entries: readonly RotaEntry[]
  /** The one that began last comes first: the people of a new session are rung before those of one that is ending. */
  readonly sessions: readonly DatedSession[]
}

/**
 * The sessions that begin on a date, with that date's changes applied in the order of the directory.
 * @returns by start; sessions swallowed whole by a clock change are left out
 */
export function sessionsOn(rota: Rota, zoneId: string, day: DayNumber): readonly DatedSession[] {
  return sessionsOf(compiledRota(rota, zoneId), day)
}

/** The people on at an instant: always exactly one answer; nobody outside sessions. */
export function whoIsOn(rota: Rota, zoneId: string, atMs: number): OnDuty {
  const compiled = compiledRota(rota, zoneId)
  const today = compiled.zone.dayAt(atMs)
  // A session lasts at most 24 hours: only today's and yesterday's can be on.
  const sessions = [...sessionsOf(compiled, today - 1), ...sessionsOf(compiled, today)]
    .filter((session) => session.from <= atMs && atMs < session.to)
    .reverse()
  const entries = new Map<string, RotaEntry>()
  for (const entry of sessions.flatMap((session) => session.entries)) {
    const key = entryKey(entry)
    if (!entries.has(key)) entries.set(key, entry)
  }
  return { entries: [...entries.values()], sessions }
}

/** The candidates of a hunt on the line at this instant, in order; empty without a rota, or with nobody on. */
export function huntCandidates(directory: Directory, line: Line, atMs: number): readonly HuntCandidate[] {
  const rota = directory.rotas.get(line.id)
  return rota === undefined ? [] : candidates(directory, whoIsOn(rota, line.timeZone, atMs).entries, 'local')
}

/** The National Consultant Network pool's people, in order; empty for an unknown pool. */
export function poolCandidates(directory: Directory, poolId: PoolId): readonly HuntCandidate[] {
  const pool = directory.pools.get(poolId)
  return pool === undefined ? [] : candidates(directory, pool.entries, 'ncn')
}

/** Every clinician on a rota, in its pattern or in a change; each once. */
export function cliniciansOf({ pattern, changes }: Rota): readonly ClinicianId[] {
  const entries = [
    ...pattern.flatMap((session) => session.entries),
    ...changes.flatMap((change) => ('entries' in change ? change.entries : 'entry' in change ? [change.entry] : [])),
  ]
  return [...new Set(entries.flatMap((entry) => (entry.kind === 'clinician' ? [entry.clinician] : [])))]
}

/** Stable identity of a rota entry: `clinician:dr-okafor`, `phone:+441632960123`, `phone:sip:ward7@example.net`, `phone:device:ward-7`. */
export function entryKey(entry: RotaEntry): string {
  if (entry.kind === 'clinician') return `clinician:${entry.clinician}`
  return `phone:${entry.target.kind === 'number' ? entry.target.number : writeTarget(entry.target)}`
}

function candidates(directory: Directory, entries: readonly RotaEntry[], pool: HuntCandidate['pool']): readonly HuntCandidate[] {
  const found = new Map<string, HuntCandidate>()
  for (const entry of entries) {
    const key = entryKey(entry)
    if (found.has(key)) continue
    if (entry.kind === 'phone') {
      found.set(key, { key, pool, label: entry.label, targets: [entry.target] })
      continue
    }
    const clinician = directory.clinicians.get(entry.clinician)
    if (clinician === undefined || clinician.numbers.length === 0) continue
    found.set(key, { key, pool, label: clinician.name, clinician: clinician.id, targets: clinician.numbers })
  }
  return [...found.values()]
}

/** A rota by day of the week and by date. */
interface IndexedRota {
  readonly week: readonly (readonly RotaSession[])[]
  readonly changes: ReadonlyMap<DayNumber, readonly RotaChange[]>
}

interface CompiledRota extends IndexedRota {
  readonly zone: TimeZone
  readonly days: Map<DayNumber, readonly DatedSession[]>
}

/** Compiled once per rota and zone; a rota of a new directory is a new object. */
const compiledRotas = new WeakMap<Rota, CompiledRota>()

/** Dates kept per rota: a fortnight of look-ups. An engine runs for months, so they are dropped in one go. */
const keptDays = 14

function compiledRota(rota: Rota, zoneId: string): CompiledRota {
  let compiled = compiledRotas.get(rota)
  if (compiled?.zone.id !== zoneId) {
    compiled = compile(rota, knownTimeZone(zoneId))
    compiledRotas.set(rota, compiled)
  }
  return compiled
}

function compile(rota: Rota, zone: TimeZone): CompiledRota {
  return { ...indexRota(rota), zone, days: new Map() }
}

function indexRota(rota: Rota): IndexedRota {
  const week: RotaSession[][] = daysOfWeek.map(() => [])
  for (const session of rota.pattern) week[daysOfWeek.indexOf(session.day)]?.push(session)
  const changes = new Map<DayNumber, RotaChange[]>()
  for (const change of rota.changes) {
    const day = dayNumber(change.date)
    if (day === undefined) continue
    const ofDay = changes.get(day)
    if (ofDay === undefined) changes.set(day, [change])
    else ofDay.push(change)
  }
  return { week, changes }
}

function sessionsOf(compiled: CompiledRota, day: DayNumber): readonly DatedSession[] {
  let sessions = compiled.days.get(day)
  if (sessions === undefined) {
    sessions = datedSessions(compiled, day)
    if (compiled.days.size >= keptDays) compiled.days.clear()
    compiled.days.set(day, sessions)
  }
  return sessions
}

function datedSessions(compiled: CompiledRota, day: DayNumber): readonly DatedSession[] {
  const date = dateOf(day)
  const sessions: DatedSession[] = []
  for (const { name, span, entries, pattern, closed, changed } of plansOf(compiled, day)) {
    const minutes = spanMinutes(span)
    if (minutes === undefined) continue
    const { from, to } = spanOn(compiled.zone, day, minutes)
    if (to > from) sessions.push({ name, date, from, to, entries, closed, pattern, changed })
  }
  return sessions.sort((a, b) => a.from - b.from)
}

/** One session of a date as written: wall-clock times, changes applied. */
export interface SessionPlan {
  readonly name: string
  readonly span: TimeSpan
  readonly entries: readonly RotaEntry[]
  readonly pattern: readonly RotaEntry[]
  readonly closed: boolean
  readonly changed: boolean
}

/** The sessions of a date as written, changes applied; in pattern order, the date's own ones last. */
export function sessionPlansOn(rota: Rota, day: DayNumber): readonly SessionPlan[] {
  return plansOf(indexRota(rota), day)
}

function plansOf(rota: IndexedRota, day: DayNumber): readonly SessionPlan[] {
  const plans = new Map<string, SessionPlan>()
  for (const session of rota.week[weekdayIndex(day)] ?? []) {
    plans.set(session.name, {
      name: session.name,
      span: session.span,
      entries: session.entries,
      pattern: session.entries,
      closed: false,
      changed: false,
    })
  }
  for (const change of rota.changes.get(day) ?? []) {
    const plan = applyChange(plans.get(change.session), change)
    if (plan !== undefined) plans.set(change.session, plan)
  }
  return [...plans.values()]
}

/** @returns the session with the change applied; undefined if the date has no such session and the change adds none */
function applyChange(plan: SessionPlan | undefined, change: RotaChange): SessionPlan | undefined {
  if (plan === undefined) {
    // Only a replacement with its own times can add a session that the weekly pattern lacks on this day.
    if (change.kind !== 'replace' || change.span === undefined) return undefined
    return { name: change.session, span: change.span, entries: change.entries, pattern: [], closed: false, changed: true }
  }
  const changed = { ...plan, changed: true }
  switch (change.kind) {
    case 'close':
      return { ...changed, entries: [], closed: true }
    case 'replace':
      return { ...changed, entries: change.entries, span: change.span ?? plan.span, closed: false }
    case 'add': {
      const others = without(plan.entries, [change.entry])
      const position = Math.min(others.length, Math.max(0, (change.position ?? others.length + 1) - 1))
      return { ...changed, entries: [...others.slice(0, position), change.entry, ...others.slice(position)], closed: false }
    }
    case 'remove':
      return { ...changed, entries: without(plan.entries, [change.entry]) }
    case 'reorder': {
      const on = new Set(plan.entries.map(entryKey))
      return {
        ...changed,
        entries: [...change.entries.filter((entry) => on.has(entryKey(entry))), ...without(plan.entries, change.entries)],
      }
    }
  }
}

function without(entries: readonly RotaEntry[], leavers: readonly RotaEntry[]): readonly RotaEntry[] {
  const keys = new Set(leavers.map(entryKey))
  return entries.filter((entry) => !keys.has(entryKey(entry)))
}
