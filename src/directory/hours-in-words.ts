import { dateOf, daysOfWeek, weekdayIndex } from './calendar.js'
import type { Opening } from './hours.js'
import type { DayOfWeek, Line, Nation, TimeSpan } from './model.js'
import { knownTimeZone } from './time-zone.js'

/** When a line is open, as people say it. */

const dayNames: Readonly<Record<DayOfWeek, string>> = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
}
const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const
const nations: Readonly<Record<Nation, string>> = { england: 'England', scotland: 'Scotland', wales: 'Wales' }

/** Exceptional hours are announced this long before. */
const toldDaysAhead = 14

/** The week, bank holidays, and exceptions soon, a line each: `Monday to Thursday 9:00 to 12:30 and 13:30 to 17:00`. */
export function hoursInWords({ hours, timeZone }: Pick<Line, 'hours' | 'timeZone'>, atMs: number): readonly string[] {
  const { week, bankHolidays, exceptions } = hours
  const today = dateOf(knownTimeZone(timeZone).dayAt(atMs))
  const last = dateOf(knownTimeZone(timeZone).dayAt(atMs) + toldDaysAhead)
  const soon = Object.entries(exceptions)
    .filter(([date]) => date >= today && date <= last)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    ...(week === 'always' ? ['Round the clock'] : weekInWords(week)),
    ...(bankHolidays ? [`Bank holidays (${nations[bankHolidays.nation]}): ${spansInWords(bankHolidays.spans)}`] : []),
    ...soon.map(([date, spans]) => `${dateInWords(date)}: ${spansInWords(spans)}`),
  ]
}

/** `Open until 17:00`, `Closed, opens Monday at 9:00`. */
export function openingInWords(opening: Opening, timeZone: string, atMs: number): string {
  if (opening.open) return opening.closesAt === undefined ? 'Open' : `Open until ${whenInWords(opening.closesAt, timeZone, atMs)}`
  return opening.opensAt === undefined ? 'Closed' : `Closed, opens ${whenInWords(opening.opensAt, timeZone, atMs, 'at ')}`
}

function weekInWords(week: Readonly<Partial<Record<DayOfWeek, readonly TimeSpan[]>>>): readonly string[] {
  const runs: { readonly first: DayOfWeek; last: DayOfWeek; readonly spans: readonly TimeSpan[] }[] = []
  for (const day of daysOfWeek) {
    const spans = week[day] ?? []
    const run = runs.at(-1)
    const follows = run !== undefined && daysOfWeek.indexOf(run.last) + 1 === daysOfWeek.indexOf(day)
    if (run && follows && spansInWords(run.spans) === spansInWords(spans)) run.last = day
    else runs.push({ first: day, last: day, spans })
  }
  const open = runs.filter(({ spans }) => spans.length > 0)
  if (open.length === 0) return ['Closed every day']
  return open.map(
    ({ first, last, spans }) =>
      `${first === last ? dayNames[first] : first === 'mon' && last === 'sun' ? 'Every day' : `${dayNames[first]} to ${dayNames[last]}`} ${spansInWords(spans)}`,
  )
}

function spansInWords(spans: readonly TimeSpan[]): string {
  return spans.length === 0 ? 'closed' : spans.map(({ from, to }) => `${timeInWords(from)} to ${timeInWords(to)}`).join(' and ')
}

function timeInWords(time: string): string {
  return time === '24:00' ? 'midnight' : time.replace(/^0(?=\d)/, '')
}

function dateInWords(date: string): string {
  const [, month = '1', day = '1'] = date.split('-')
  return `${Number(day)} ${monthNames[Number(month) - 1] ?? ''}`
}

/** Today by time alone, within a week by day, later by date. */
function whenInWords(ms: number, timeZone: string, now: number, at = ''): string {
  const zone = knownTimeZone(timeZone)
  const { day, minute } = zone.wallClockAt(ms)
  const time = `${Math.floor(minute / 60)}:${String(Math.floor(minute % 60)).padStart(2, '0')}`
  const ahead = day - zone.dayAt(now)
  if (ahead === 0) return `${at}${time}`
  const named = ahead < 7 ? dayNames[daysOfWeek[weekdayIndex(day)] ?? 'mon'] : dateInWords(dateOf(day))
  return `${named} ${at}${time}`
}
