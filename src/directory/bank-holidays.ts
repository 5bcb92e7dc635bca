import { createRequire } from 'node:module'
import type Holidays from 'date-holidays'
import { dayNumber, weekdayIndex, type DayNumber } from './calendar.js'
import type { Nation } from './model.js'

/**
 * Bank holidays of England, Scotland and Wales (Banking and Financial Dealings Act 1971 and proclamations under it), substitute days
 * included.
 *
 * Christmas Day, Boxing Day and New Year's Day (in Scotland 2 January too) count on the day itself, also at a weekend where the bank holiday
 * proper moves to a weekday: a line with weekend hours keeps its holiday hours on both. St Andrew's Day counts on its substitute only.
 */

const states: Readonly<Record<Nation, string>> = { england: 'ENG', scotland: 'SCT', wales: 'WLS' }

/** Proclaimed days that the package does not have yet. */
const proclaimed: readonly { readonly nation: Nation; readonly date: string }[] = [
  // Proclamation of 4 February 2026 for Scotland alone: the men's football World Cup.
  { nation: 'scotland', date: '2026-06-15' },
]

/** The package is large: it is loaded on first use, not at the start. */
const require = createRequire(import.meta.url)
const calendars = new Map<Nation, Holidays>()
const known = new Map<string, ReadonlySet<DayNumber>>()

/** Whether the date is a bank holiday of the nation. */
export function isBankHoliday(nation: Nation, day: DayNumber): boolean {
  return bankHolidays(nation, yearOf(day)).has(day)
}

/** Every bank holiday of the nation in a year. */
export function bankHolidays(nation: Nation, year: number): ReadonlySet<DayNumber> {
  const key = `${nation} ${year}`
  let days = known.get(key)
  if (days === undefined) known.set(key, (days = compute(nation, year)))
  return days
}

function compute(nation: Nation, year: number): ReadonlySet<DayNumber> {
  let calendar = calendars.get(nation)
  if (calendar === undefined) {
    const Calendar = require('date-holidays') as typeof Holidays
    calendars.set(nation, (calendar = new Calendar('GB', states[nation], { types: ['public'] })))
  }
  const days = new Set<DayNumber>()
  for (const holiday of calendar.getHolidays(year)) {
    const day = dayNumber(holiday.date.slice(0, 10))
    if (day !== undefined && (weekdayIndex(day) < 5 || countsAtWeekends(nation, holiday.date.slice(5, 10)))) days.add(day)
  }
  for (const { nation: where, date } of proclaimed) {
    const day = dayNumber(date)
    if (where === nation && day !== undefined && yearOf(day) === year) days.add(day)
  }
  return days
}

function countsAtWeekends(nation: Nation, monthAndDay: string): boolean {
  return monthAndDay === '12-25' || monthAndDay === '12-26' || monthAndDay === '01-01' || (nation === 'scotland' && monthAndDay === '01-02')
}

function yearOf(day: DayNumber): number {
  return new Date(day * 86_400_000).getUTCFullYear()
}
