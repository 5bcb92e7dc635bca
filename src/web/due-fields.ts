import { dateOf, dayNumber } from '../directory/calendar.js'
import { knownTimeZone } from '../directory/time-zone.js'
import type { FieldError } from './render.js'

/** An instant as people write it: day, month, year and time of day, each in a field of its own. The browser's own date field shows mm/dd/yyyy to many. */
export interface DueFields {
  readonly day: string
  readonly month: string
  readonly year: string
  readonly time: string
}

export type Due =
  { readonly ok: true; /** Wall-clock ms. */ readonly at: number } | { readonly ok: false; readonly errors: readonly FieldError[] }

const names = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const

export function dueFields(at: number, timeZone: string): DueFields {
  const { day, minute } = knownTimeZone(timeZone).wallClockAt(at)
  const [year = '', month = '', date = ''] = dateOf(day).split('-')
  return {
    day: String(Number(date)),
    month: String(Number(month)),
    year,
    time: `${Math.floor(minute / 60)}:${String(Math.floor(minute % 60)).padStart(2, '0')}`,
  }
}

export function readDue({ day = '', month = '', year = '', time = '' }: Partial<DueFields>, timeZone: string): Due {
  const date = dayNumber(`${fullYear(year)}-${two(monthNumber(month))}-${two(day.trim())}`)
  const minute = minuteOf(time)
  if (date !== undefined && minute !== undefined) return { ok: true, at: knownTimeZone(timeZone).instantOf(date, minute) }
  return {
    ok: false,
    errors: [
      ...(date === undefined ? [{ field: 'day', message: 'Enter a date: day, month and year, such as 27 3 2027' }] : []),
      ...(minute === undefined ? [{ field: 'time', message: 'Enter a time of day, such as 14:30' }] : []),
    ],
  }
}

/** `14:30`, `14.30`, `1430`, `9`, `9am`, `2:30 pm`. @returns minutes since midnight; undefined if it is no time */
function minuteOf(text: string): number | undefined {
  const match = /^(\d{1,2})(?:[:.]?(\d{2}))?\s*(am|pm)?$/.exec(text.trim().toLowerCase())
  if (!match) return undefined
  const [hour, minute, half] = [Number(match[1]), Number(match[2] ?? 0), match[3]]
  if (minute > 59 || hour > 23 || (half !== undefined && (hour < 1 || hour > 12))) return undefined
  return (half === undefined ? hour : (hour % 12) + (half === 'pm' ? 12 : 0)) * 60 + minute
}

function fullYear(text: string): string {
  const year = text.trim()
  return /^\d{2}$/.test(year) ? `20${year}` : year
}

function monthNumber(text: string): string {
  const month = text.trim().toLowerCase()
  const named = month.length < 3 ? -1 : names.findIndex((name) => name.startsWith(month))
  return named < 0 ? month : String(named + 1)
}

function two(text: string): string {
  return text.padStart(2, '0')
}
