import { dayNumber, type DayNumber } from './calendar.js'
import { minuteOfDay } from './span.js'

/**
 * Reads a date as it stands in a British spreadsheet: `12/01/2026` (day first), `12/1/26`, `12.01.2026`, `12-01-2026`, or `2026-01-12`.
 * @returns undefined for text that is no date of the calendar
 */
export function sheetDate(text: string): DayNumber | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return dayNumber(text)
  const match = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})$/.exec(text)
  if (match === null) return undefined
  const [, day = '', , month = '', year = ''] = match
  return dayNumber(`${year.length === 2 ? `20${year}` : year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
}

/** Reads `09:00`, `9:00`, `9.00`, `0900` or `09:00:00`. @returns `HH:MM`, or undefined */
export function sheetTime(text: string): string | undefined {
  const match = /^(\d{1,2})[:.]?(\d{2})(?::00)?$/.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  const time = `${match[1].padStart(2, '0')}:${match[2]}`
  return minuteOfDay(time) === undefined ? undefined : time
}
