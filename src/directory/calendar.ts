import type { DayOfWeek } from './model.js'

/**
 * Dates without a clock: a date is its number of days since 1970-01-01 (proleptic Gregorian calendar), so that "the day after" is `+ 1`
 * in every month and every year.
 */
export type DayNumber = number

export const dayMs = 86_400_000
export const minuteMs = 60_000

/** In the order of the working week; index 0 is Monday, as in ISO 8601. */
export const daysOfWeek: readonly DayOfWeek[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** @returns the day's number, or undefined for text that is no valid date `YYYY-MM-DD` (29 February outside leap years included) */
export function dayNumber(date: string): DayNumber | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const ms = Date.UTC(year, month - 1, day)
  const parsed = new Date(ms)
  // Date.UTC carries overflow on (30 February becomes 1 March, and years below 100 become 19xx): such text was no date.
  if (parsed.getUTCFullYear() !== year || parsed.getUTCMonth() !== month - 1 || parsed.getUTCDate() !== day) return undefined
  return Math.round(ms / dayMs)
}

/** @returns the date as `YYYY-MM-DD` */
export function dateOf(day: DayNumber): string {
  return new Date(day * dayMs).toISOString().slice(0, 10)
}

/** @returns 0 for Monday to 6 for Sunday */
export function weekdayIndex(day: DayNumber): number {
  // 1970-01-01 was a Thursday (3).
  return (((day + 3) % 7) + 7) % 7
}

export function dayOfWeek(day: DayNumber): DayOfWeek {
  return daysOfWeek[weekdayIndex(day)] ?? 'mon'
}

/** @returns the Monday of the week to which the day belongs */
export function mondayOf(day: DayNumber): DayNumber {
  return day - weekdayIndex(day)
}
