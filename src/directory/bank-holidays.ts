import { dayNumber, type DayNumber } from './calendar.js'
import type { Nation } from './model.js'
import Holidays from 'date-holidays'

const states: Readonly<Record<Nation, string>> = { england: 'ENG', scotland: 'SCT', wales: 'WLS' }
const known = new Map<string, ReadonlySet<DayNumber>>()

/** Whether the date is a bank holiday of the nation, substitute days included. */
export function isBankHoliday(nation: Nation, day: DayNumber): boolean {
  return bankHolidays(nation, new Date(day * 86_400_000).getUTCFullYear()).has(day)
}

export function bankHolidays(nation: Nation, year: number): ReadonlySet<DayNumber> {
  const key = `${nation} ${year}`
  let days = known.get(key)
  if (days === undefined) {
    const holidays = new Holidays('GB', states[nation], { types: ['public'] })
    days = new Set(holidays.getHolidays(year).map((holiday) => dayNumber(holiday.date.slice(0, 10)) ?? Number.NaN))
    known.set(key, days)
  }
  return days
}
