import { Temporal } from 'temporal-polyfill'
import { dayMs, minuteMs, type DayNumber } from './calendar.js'

/**
 * Wall-clock time in one time zone, fast: Temporal is asked once for the offsets of a year (about a millisecond); then they are kept.
 *
 * Every edge that people write (a session's 01:30, a line's closing time) becomes exactly one instant, also in the nights in which the
 * clocks change, and never out of order:
 * - a time that happens twice (autumn) is its *first* occurrence. A span that begins before the repeated hour and ends after it
 *   holds both of them; one session that ends at 01:30 and another that begins at 01:30 still meet without gap or overlap.
 * - a time that does not happen (spring) is the moment of the jump. A session 00:00-01:30 ends when the clock jumps from 01:00 to 02:00,
 *   and the session from 01:30 begins at that moment; a span that lies within the skipped hour is empty that night.
 */
export interface TimeZone {
  readonly id: string
  /** @returns the zone's offset from UTC at this instant, ms */
  offsetAt(atMs: number): number
  /** @returns the instant (ms since the epoch) of a wall-clock time; `minute` counts from the day's midnight and may exceed 1440 */
  instantOf(day: DayNumber, minute: number): number
  /** @returns the date there at this instant */
  dayAt(atMs: number): DayNumber
  /** @returns date and minutes since midnight on the wall clock, with fractions */
  wallClockAt(atMs: number): { readonly day: DayNumber; readonly minute: number }
}

interface Stretch {
  readonly from: number
  readonly offset: number
}

const zones = new Map<string, TimeZone | undefined>()

/** Years for which offsets are kept; beyond them the offset of the edge holds. Far beyond any rota. */
const firstYear = 1970
const lastYear = 2199

/** @returns undefined for a name that is no IANA time zone (`Europe/London`) */
export function timeZone(id: string): TimeZone | undefined {
  if (!zones.has(id)) zones.set(id, compile(id))
  return zones.get(id)
}

/** As `timeZone`, for zones that a checked directory names. Falls back to UTC, which cannot happen with a checked directory. */
export function knownTimeZone(id: string): TimeZone {
  return timeZone(id) ?? utc
}

function compile(id: string): TimeZone | undefined {
  // Only names of places: a bare offset (`+01:00`) is a zone to Temporal, but without clock changes, which is never meant.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(id)) return undefined
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(id)
  } catch {
    return undefined
  }
  return zoneFrom(id, (year) => stretchesOfYear(id, year))
}

function stretchesOfYear(id: string, year: number): readonly Stretch[] {
  const from = Date.UTC(year, 0, 1)
  const to = Date.UTC(year + 1, 0, 1)
  let at = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(id)
  const stretches: Stretch[] = [{ from, offset: at.offsetNanoseconds / 1e6 }]
  // No zone has had more than a handful of changes in a year; the bound only guards against an endless loop.
  for (let i = 0; i < 32; i++) {
    const next = at.getTimeZoneTransition('next')
    if (next === null || next.epochMilliseconds >= to) break
    stretches.push({ from: next.epochMilliseconds, offset: next.offsetNanoseconds / 1e6 })
    at = next
  }
  return stretches
}

function zoneFrom(id: string, ofYear: (year: number) => readonly Stretch[]): TimeZone {
  const years = new Map<number, readonly Stretch[]>()

  function stretches(atMs: number): readonly Stretch[] {
    const year = Math.min(lastYear, Math.max(firstYear, new Date(atMs).getUTCFullYear() || firstYear))
    let known = years.get(year)
    if (known === undefined) years.set(year, (known = ofYear(year)))
    return known
  }

  function stretchAt(atMs: number): Stretch {
    const all = stretches(atMs)
    for (let i = all.length - 1; i > 0; i--) {
      const stretch = all[i]
      if (stretch !== undefined && stretch.from <= atMs) return stretch
    }
    return all[0] ?? { from: 0, offset: 0 }
  }

  const offsetAt = (atMs: number) => stretchAt(atMs).offset

  return {
    id,
    offsetAt,
    instantOf(day, minute) {
      const wallClock = day * dayMs + minute * minuteMs
      const before = offsetAt(wallClock - dayMs)
      const after = offsetAt(wallClock + dayMs)
      const asBefore = wallClock - before
      if (before === after) return asBefore
      if (offsetAt(asBefore) === before) return asBefore
      const asAfter = wallClock - after
      if (offsetAt(asAfter) === after) return asAfter
      // Neither reading exists: the time was skipped, and `asBefore` is just after the jump.
      return stretchAt(asBefore).from
    },
    dayAt: (atMs) => Math.floor((atMs + offsetAt(atMs)) / dayMs),
    wallClockAt(atMs) {
      const wallClock = atMs + offsetAt(atMs)
      const day = Math.floor(wallClock / dayMs)
      return { day, minute: (wallClock - day * dayMs) / minuteMs }
    },
  }
}

const utc = zoneFrom('UTC', (year) => [{ from: Date.UTC(year, 0, 1), offset: 0 }])
