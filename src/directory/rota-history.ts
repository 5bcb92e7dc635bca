import { dayMs, type DayNumber } from './calendar.js'
import type { ClinicianId, Rota } from './model.js'
import { entryKey, whoIsOn, type OnDuty } from './rota.js'
import { knownTimeZone } from './time-zone.js'
import { peopleOf, weekPlan, whoIsOff, type PlannedSession } from './week-plan.js'

/** A version of a line's rota: the plan from a moment on. */
export interface RotaVersion {
  /** When this became the plan, ms since the epoch. */
  readonly validFrom: number
  readonly timeZone: string
  readonly rota: Rota
  /** The clinicians' names at the time; some have left the directory since. */
  readonly names: Readonly<Record<ClinicianId, string>>
}

/**
 * The plans of a line over time: versions in order of their making. An edit adds a version; it
 * never changes the plan for an instant before it. Who was *rung* comes not from here but from the calls' events.
 */
export type RotaHistory = readonly RotaVersion[]

/** The history with one more version. A clock set back cannot reach before the last version: the new one then holds from that moment. */
export function withVersion(history: RotaHistory, version: RotaVersion): RotaHistory {
  const last = history.at(-1)
  return [...history, last === undefined || version.validFrom >= last.validFrom ? version : { ...version, validFrom: last.validFrom }]
}

/**
 * The version that planned one instant as known at another: the last one made at or before both. A later edit does not affect earlier
 * instants, and what was unknown then does not count.
 * @param knownAt default: all that is known now
 */
export function versionFor(history: RotaHistory, atMs: number, knownAt = Number.POSITIVE_INFINITY): RotaVersion | undefined {
  const moment = Math.min(atMs, knownAt)
  return history.findLast((version) => version.validFrom <= moment)
}

/** The people planned for one instant as known at another. Undefined: the line had no plan then. */
export function plannedAt(history: RotaHistory, atMs: number, knownAt?: number): OnDuty | undefined {
  const version = versionFor(history, atMs, knownAt)
  return version === undefined ? undefined : whoIsOn(version.rota, version.timeZone, atMs)
}

/**
 * A week as planned, session by session. A session edited while it ran appears in pieces, each with the people on in
 * it; equal pieces are joined.
 */
export function plannedWeek(history: RotaHistory, monday: DayNumber, knownAt = Number.POSITIVE_INFINITY): readonly PlannedSession[] {
  const versions = history.filter((version) => version.validFrom <= knownAt)
  const pieces: PlannedSession[] = []
  for (const [index, version] of versions.entries()) {
    const until = versions[index + 1]?.validFrom ?? Number.POSITIVE_INFINITY
    if (until <= weekStart(version, monday) - dayMs || version.validFrom >= weekStart(version, monday) + 9 * dayMs) continue
    const everybody = peopleOf(version.rota, monday)
    for (const session of weekPlan(version.rota, version.timeZone, monday)) {
      const from = Math.max(session.from, version.validFrom)
      const to = Math.min(session.to, until)
      if (from < to) pieces.push({ ...session, from, to, off: whoIsOff(everybody, session.entries) })
    }
  }
  return joined(pieces)
}

function weekStart(version: RotaVersion, monday: DayNumber): number {
  return knownTimeZone(version.timeZone).instantOf(monday, 0)
}

function joined(pieces: readonly PlannedSession[]): readonly PlannedSession[] {
  const result: PlannedSession[] = []
  for (const piece of [...pieces].sort((a, b) => a.from - b.from)) {
    const index = result.findIndex((other) => other.to === piece.from && sameStaff(other, piece))
    const before = result[index]
    if (before === undefined) result.push(piece)
    else result[index] = { ...piece, from: before.from }
  }
  return result.sort((a, b) => a.from - b.from)
}

function sameStaff(a: PlannedSession, b: PlannedSession): boolean {
  const keys = (session: PlannedSession) =>
    [session.name, session.date, String(session.closed), ...session.entries.map(entryKey)].join('\n')
  return keys(a) === keys(b)
}
