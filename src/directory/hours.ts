import { isBankHoliday } from './bank-holidays.js'
import { dayNumber, daysOfWeek, weekdayIndex, type DayNumber } from './calendar.js'
import type { Line, TimeSpan } from './model.js'
import { spanMinutes, spanOn, type Interval } from './span.js'
import { knownTimeZone, type TimeZone } from './time-zone.js'

/**
 * Whether a line is open. `closesAt`: when it next closes; `opensAt`: when it next opens (ms since the epoch). Undefined: not within
 * the next 400 days.
 */
export type Opening = { readonly open: true; readonly closesAt?: number } | { readonly open: false; readonly opensAt?: number }

/** How far ahead to look for a change: over a year, so that a line which opens on one date only is found. */
const horizonDays = 400

/**
 * Whether the line is open at an instant, and until when or from when.
 *
 * The spans of a date: its exception's, if it has one; else those for bank holidays, if the line has them and the date is
 * one; else the weekly ones. A span belongs to the date on which it begins and runs to its end, even into a closed date. Spans that
 * meet (22:00-24:00 and 00:00-06:00) are one opening.
 */
export function openingAt(line: Line, atMs: number): Opening {
  const hours = hoursOf(line)
  const today = hours.zone.dayAt(atMs)
  const containing = covering(hours, today, atMs)
  if (containing !== undefined) {
    if (hours.neverCloses) return { open: true }
    const closesAt = endOfOpening(hours, containing.to, today + horizonDays)
    return closesAt === undefined ? { open: true } : { open: true, closesAt }
  }
  const lastDay = hours.hasWeek ? today + horizonDays : Math.min(today + horizonDays, hours.lastException)
  for (let day = today; day <= lastDay; day++) {
    const next = intervalsOn(hours, day).find((interval) => interval.from > atMs)
    if (next !== undefined) return { open: false, opensAt: next.from }
  }
  return { open: false }
}

export function isOpen(line: Line, atMs: number): boolean {
  const hours = hoursOf(line)
  return covering(hours, hours.zone.dayAt(atMs), atMs) !== undefined
}

/** The line's spans that begin on a date, in order, as instants; empty when it is closed that day. */
export function openIntervalsOn(line: Line, day: DayNumber): readonly Interval[] {
  return intervalsOn(hoursOf(line), day)
}

interface CompiledHours {
  readonly zone: TimeZone
  readonly line: Line
  readonly week: readonly (readonly Minutes[])[]
  readonly hasWeek: boolean
  readonly neverCloses: boolean
  readonly exceptions: ReadonlyMap<DayNumber, readonly Minutes[]>
  readonly lastException: DayNumber
  readonly bankHolidaySpans: readonly Minutes[]
  readonly days: Map<DayNumber, readonly Interval[]>
}

interface Minutes {
  readonly from: number
  readonly to: number
}

/** Compiled once per line; a line of a new directory is a new object. */
const compiled = new WeakMap<Line, CompiledHours>()

function hoursOf(line: Line): CompiledHours {
  let hours = compiled.get(line)
  if (hours === undefined) compiled.set(line, (hours = compile(line)))
  return hours
}

function compile(line: Line): CompiledHours {
  const { week, exceptions, bankHolidays } = line.hours
  const exceptionDays = new Map<DayNumber, readonly Minutes[]>()
  for (const [date, spans] of Object.entries(exceptions)) {
    const day = dayNumber(date)
    if (day !== undefined) exceptionDays.set(day, minutesOf(spans))
  }
  const weekMinutes = daysOfWeek.map((day) => (week === 'always' ? [{ from: 0, to: 1440 }] : minutesOf(week[day] ?? [])))
  return {
    zone: knownTimeZone(line.timeZone),
    line,
    week: weekMinutes,
    hasWeek: weekMinutes.some((spans) => spans.length > 0) || (bankHolidays?.spans.length ?? 0) > 0,
    neverCloses: week === 'always' && exceptionDays.size === 0 && bankHolidays === undefined,
    exceptions: exceptionDays,
    lastException: Math.max(Number.NEGATIVE_INFINITY, ...exceptionDays.keys()),
    bankHolidaySpans: minutesOf(bankHolidays?.spans ?? []),
    days: new Map(),
  }
}

function minutesOf(spans: readonly TimeSpan[]): readonly Minutes[] {
  return spans.map(spanMinutes).filter((span) => span !== undefined)
}

function intervalsOn(hours: CompiledHours, day: DayNumber): readonly Interval[] {
  let intervals = hours.days.get(day)
  if (intervals === undefined) {
    intervals = spansOn(hours, day)
      .map((span) => spanOn(hours.zone, day, span))
      .filter((interval) => interval.to > interval.from)
      .sort((a, b) => a.from - b.from)
    // An engine runs for months: old look-ups are dropped in one go.
    if (hours.days.size > 2 * horizonDays) hours.days.clear()
    hours.days.set(day, intervals)
  }
  return intervals
}

function spansOn(hours: CompiledHours, day: DayNumber): readonly Minutes[] {
  const exception = hours.exceptions.get(day)
  if (exception !== undefined) return exception
  const { bankHolidays } = hours.line.hours
  if (bankHolidays !== undefined && isBankHoliday(bankHolidays.nation, day)) return hours.bankHolidaySpans
  return hours.week[weekdayIndex(day)] ?? []
}

/** The interval that reaches furthest among those that hold the instant; they begin on that date or the one before. */
function covering(hours: CompiledHours, day: DayNumber, atMs: number): Interval | undefined {
  let best: Interval | undefined
  for (const candidate of [day - 1, day]) {
    for (const interval of intervalsOn(hours, candidate)) {
      if (interval.from <= atMs && atMs < interval.to && (best === undefined || interval.to > best.to)) best = interval
    }
  }
  return best
}

function endOfOpening(hours: CompiledHours, firstEnd: number, lastDay: DayNumber): number | undefined {
  let end = firstEnd
  for (;;) {
    const day = hours.zone.dayAt(end)
    if (day > lastDay) return undefined
    const next = covering(hours, day, end)
    if (next === undefined) return end
    end = next.to
  }
}
