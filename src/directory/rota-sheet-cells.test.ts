import { describe, expect, it } from 'vitest'
import { dateOf, dayNumber } from './calendar.js'
import { mangledNumber, sheetDay, sheetTime } from './sheet-cells.js'
import { bytes, planned, readText } from '../../test/kit/sheet-to-read.js'

describe('a sheet of uncertain encoding', () => {
  const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
  const row = (session: string, person: string) => latin1(`Day,Session,From,To,1st\nWed,${session},09:00,17:00,${person}\n`)
  it('is accepted as far as the directory knows its names', () => {
    expect(planned(row('Day', "Dr Siobh\u00e1n O'Brien-Lloyd"), '2026-01-14', 'Day')).toBe('09:00-17:00 dr-obrien')
  })
  it.each([
    ['a telephone', row('Day', 'Caf\u00e9 (01632 960107)'), /"Café": .*so it is unclear whether this is a "é"/],
    ['a new session', row('\u00c9t\u00e9', 'dr-smith'), /"Été"/],
    ['a person who is not in the directory', row('Day', 'Dr Ren\u00e9'), /nobody in the directory/],
  ])('and refused by line beyond that: %s', (_, content, message) => {
    const read = readText(content)
    if (read.ok) throw new Error('taken in')
    expect(read.errors).toMatchObject([{ line: 2 }])
    expect(read.errors[0]?.message).toMatch(message)
  })
  it('with bytes of no supported encoding is refused by line', () => {
    const read = readText(Uint8Array.from([...bytes('Day,Session\nW'), 0x81]))
    expect(read).toMatchObject({
      ok: false,
      errors: [{ file: 'week.csv', line: 2, message: expect.stringContaining('byte 81') as string }],
    })
  })
})

describe('cells', () => {
  /** The week of Monday, 2 November 2026. */
  const november = dayNumber('2026-11-02') ?? 0
  it.each([
    '02/11/2026',
    '2/11/26',
    '02.11.2026',
    '02-11-2026',
    '2026-11-02',
    '2026/11/02',
    '2-Nov-26',
    '02-Nov-2026',
    '02 November 2026',
    '2 Nov',
    '2nd November 2026',
    'Mon 02/11',
    '02/11',
    'Monday, 2 November 2026',
    'Mon 2 Nov',
    'Monday 02/11/2026',
    'November 2, 2026',
    '02/11/2026 00:00',
    '02/11/2026 00:00:00',
    '2026-11-02T00:00:00',
    '02/11/2026 12:00:00 AM',
    '46328',
    '46328.0',
    '2/Nov/26',
    '02. November 2026',
  ])('the date %s is 2 November 2026', (text) => {
    const read = sheetDay(text, '', november)
    expect(read.ok ? dateOf(read.value) : read.message).toBe('2026-11-02')
  })
  it.each<[string, string, RegExp, RegExp]>([
    ['11/02/2026', '', /is 2026-02-11, which is not in this week; month first it would be 2026-11-02/, /the day first: 02\/11\/2026/],
    ['11/02', '', /month first it would be 2026-11-02/, /02\/11\/2026/],
    ['29/02/2027', '', /the date is/, /day, month and year/],
    ['13/13/2026', '', /the date is/, /day, month and year/],
    ['02/11-2026', '', /the date is/, /day, month and year/],
    ['Nov-26', '', /the date is/, /day, month and year/],
    ['2 Novembre 2026', '', /the date is/, /day, month and year/],
    ['02/11/2026 08:00', '', /the date is/, /day, month and year/],
    ['46328.5', '', /the date is/, /day, month and year/],
    ['46400', '', /is the number of the day 2027-01-13, which is not in this week/, /a date from 2026-11-02 to 2026-11-08/],
    ['44866', '', /2022-11-01, or 2026-11-02 if the sheet counts from 1904/, /02\/11\/2026/],
    ['09/11/2026', '', /2026-11-09 is not in this week/, /from 2026-11-02/],
    ['02/11/2026', 'Tue', /2026-11-02 is a mon, not "Tue"/, /the day that belongs/],
    ['Tue 02/11', '', /2026-11-02 is a mon, not "Tue"/, /the day that belongs/],
    ['', 'Moonday', /the day is "Moonday"/, /Mon, Tue/],
    ['', '', /neither a date nor a day/, /a date such as/],
  ])('the date %j with the day %j is refused', (date, day, message, expected) => {
    const read = sheetDay(date, day, november)
    if (read.ok) throw new Error(dateOf(read.value))
    expect(read.message).toMatch(message)
    expect(read.expected).toMatch(expected)
  })
  it('a date without a year takes the week’s year', () => {
    const newYear = dayNumber('2026-12-28') ?? 0
    for (const [text, date] of [
      ['31/12', '2026-12-31'],
      ['1 Jan', '2027-01-01'],
    ] as const) {
      const read = sheetDay(text, '', newYear)
      expect(read.ok && dateOf(read.value)).toBe(date)
    }
  })
  it.each([
    ['', 'Monday (bank holiday)', 0],
    ['', 'Tues', 1],
    ['', 'weds.', 2],
    ['', 'THURS', 3],
  ])('%j and the day %j', (date, day, index) => {
    expect(sheetDay(date, day, november)).toEqual({ ok: true, value: november + index })
  })

  it.each([
    ['9:00', '09:00'],
    ['09:00:00', '09:00'],
    ['8.00', '08:00'],
    ['0930', '09:30'],
    ['9.30', '09:30'],
    ['8:00 AM', '08:00'],
    ['8:00:00 PM', '20:00'],
    ['12:00 AM', '00:00'],
    ['12:30 pm', '12:30'],
    ['8.30 p.m.', '20:30'],
    ['9am', '09:00'],
    ['0900 hrs', '09:00'],
    ['09:00h', '09:00'],
    ['0,375', '09:00'],
    ['0.375', '09:00'],
    ['0.333333333333333', '08:00'],
    ['0.75', '18:00'],
    ['0.5', '12:00'],
    ['0.00', '00:00'],
    ['24:00', '24:00'],
  ])('the time %s is %s', (text, expected) => {
    expect(sheetTime(text)).toEqual({ ok: true, value: expected })
  })
  it.each([
    '24:01',
    '9',
    '13:00 PM',
    '0 am',
    '0.25',
    '0,25',
    '9 h',
    '0.3333',
    '1',
    '1.5',
    '09:00:30',
    "9 o'clock",
    '',
    '25:00',
    '46328.375',
    '-9:00',
  ])('the time %j is refused', (text) => {
    expect(sheetTime(text).ok).toBe(false)
  })

  it.each([
    '4.47701E+11',
    '4,47701E+11',
    '7.7009E+09',
    '7700900123',
    '1632960107',
    '447700900123',
    '7700900123.0',
    '#REF!',
    '#####',
    '#N/A',
  ])('the number %s was spoilt by a spreadsheet', (text) => {
    expect(mangledNumber(text)).toBeDefined()
  })
  it.each(['07700 900123', '+447700900123', '01632 960107', '21', 'Ward 7', 'E+5'])('%s was not', (text) => {
    expect(mangledNumber(text)).toBeUndefined()
  })
})
