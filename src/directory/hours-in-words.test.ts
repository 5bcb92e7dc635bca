import { describe, expect, it } from 'vitest'
import { hoursInWords, openingInWords } from './hours-in-words.js'
import { openingAt } from './hours.js'
import type { Line, OpeningHours } from './model.js'

/** A Tuesday, 10:00 in London (summer time). */
const now = Date.UTC(2026, 5, 30, 9)
const line = (hours: OpeningHours) => ({ id: 'x', hours, timeZone: 'Europe/London' }) as Line
const span = (from: string, to: string) => ({ from, to })
const day = [span('09:00', '17:00')]

describe('hours in words', () => {
  it.each<[string, OpeningHours, readonly string[]]>([
    ['always', { week: 'always', exceptions: {} }, ['Round the clock']],
    ['never', { week: {}, exceptions: {} }, ['Closed every day']],
    [
      'every day alike',
      { week: { mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day }, exceptions: {} },
      ['Every day 9:00 to 17:00'],
    ],
    [
      'two spans, and a short Friday',
      {
        week: {
          mon: [span('09:00', '12:30'), span('13:30', '17:00')],
          tue: [span('09:00', '12:30'), span('13:30', '17:00')],
          fri: [span('09:00', '12:30')],
        },
        exceptions: {},
      },
      ['Monday to Tuesday 9:00 to 12:30 and 13:30 to 17:00', 'Friday 9:00 to 12:30'],
    ],
    ['a gap in the week', { week: { mon: day, wed: day }, exceptions: {} }, ['Monday 9:00 to 17:00', 'Wednesday 9:00 to 17:00']],
    ['over midnight', { week: { sat: [span('18:00', '24:00')] }, exceptions: {} }, ['Saturday 18:00 to midnight']],
    [
      'bank holidays, and dates soon',
      {
        week: { mon: day },
        bankHolidays: { nation: 'england', spans: [] },
        exceptions: { '2026-07-14': [span('10:00', '12:00')], '2026-07-01': [], '2026-07-15': [], '2026-06-29': [] },
      },
      ['Monday 9:00 to 17:00', 'Bank holidays (England): closed', '1 July: closed', '14 July: 10:00 to 12:00'],
    ],
  ])('%s', (_what, hours, words) => expect(hoursInWords(line(hours), now)).toEqual(words))

  it.each<[string, OpeningHours]>([
    ['Open', { week: 'always', exceptions: {} }],
    ['Open until 17:00', { week: { tue: day }, exceptions: {} }],
    ['Open until Wednesday 6:00', { week: { tue: [span('09:00', '06:00')] }, exceptions: {} }],
    ['Closed, opens at 13:30', { week: { tue: [span('13:30', '17:00')] }, exceptions: {} }],
    ['Closed, opens Monday at 9:00', { week: { mon: day }, exceptions: {} }],
    ['Closed, opens 1 October at 9:00', { week: {}, exceptions: { '2026-10-01': day } }],
    ['Closed', { week: {}, exceptions: {} }],
  ])('%s', (words, hours) => expect(openingInWords(openingAt(line(hours), now), 'Europe/London', now)).toBe(words))
})
