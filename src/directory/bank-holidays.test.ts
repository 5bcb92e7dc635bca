import { describe, expect, it } from 'vitest'
import { bankHolidays, isBankHoliday } from './bank-holidays.js'
import { dateOf, dayNumber, weekdayIndex, type DayNumber } from './calendar.js'
import type { Nation } from './model.js'

/** As published at gov.uk/bank-holidays: month and day. */
const published: readonly [Nation, number, string][] = [
  ['england', 2020, '01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28'],
  ['england', 2021, '01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28'],
  ['england', 2022, '01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27'],
  ['england', 2023, '01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26'],
  ['england', 2024, '01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26'],
  ['england', 2025, '01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26'],
  ['england', 2026, '01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28'],
  ['england', 2027, '01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28'],
  ['wales', 2022, '01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27'],
  ['wales', 2026, '01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28'],
  ['wales', 2027, '01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28'],
  ['scotland', 2021, '01-01 01-04 04-02 05-03 05-31 08-02 11-30 12-27 12-28'],
  ['scotland', 2022, '01-03 01-04 04-15 05-02 06-02 06-03 08-01 09-19 11-30 12-26 12-27'],
  ['scotland', 2023, '01-02 01-03 04-07 05-01 05-08 05-29 08-07 11-30 12-25 12-26'],
  ['scotland', 2024, '01-01 01-02 03-29 05-06 05-27 08-05 12-02 12-25 12-26'],
  ['scotland', 2025, '01-01 01-02 04-18 05-05 05-26 08-04 12-01 12-25 12-26'],
  ['scotland', 2026, '01-01 01-02 04-03 05-04 05-25 06-15 08-03 11-30 12-25 12-28'],
  ['scotland', 2027, '01-01 01-04 03-26 05-03 05-31 08-02 11-30 12-27 12-28'],
]

const weekdays = (nation: Nation, year: number) =>
  [...bankHolidays(nation, year)]
    .filter((day) => weekdayIndex(day) < 5)
    .sort((a, b) => a - b)
    .map(dateOf)

describe('bank holidays', () => {
  it.each(published)('of %s in %i are as published', (nation, year, dates) => {
    expect(weekdays(nation, year)).toEqual(dates.split(' ').map((date) => `${year}-${date}`))
  })

  it.each(['england', 'wales', 'scotland'] as const)('of %s follow the rule of the Act in years without proclamations', (nation) => {
    for (let year = 2028; year <= 2060; year++) expect(weekdays(nation, year), String(year)).toEqual(byRule(nation, year))
  })

  it('count on the day itself too when Christmas falls on a weekend, and on the substitute alone for St Andrew', () => {
    const is = (nation: Nation, date: string) => isBankHoliday(nation, dayNumber(date) ?? Number.NaN)
    expect(['2027-12-25', '2027-12-26', '2027-12-27', '2027-12-28', '2027-12-29'].map((date) => is('england', date))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ])
    expect(is('scotland', '2027-01-02')).toBe(true)
    expect(is('england', '2027-01-02')).toBe(false)
    expect(is('scotland', '2024-11-30')).toBe(false)
    expect(is('scotland', '2024-12-02')).toBe(true)
    expect(is('scotland', '2026-04-06')).toBe(false)
    expect(is('england', '2026-04-05')).toBe(false)
  })
})

/** The rule again, independent of the package: Banking and Financial Dealings Act 1971, schedule 1, and royal proclamation for the others. */
function byRule(nation: Nation, year: number): readonly string[] {
  const date = (month: number, day: number) =>
    dayNumber(`${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`) ?? Number.NaN
  const firstMonday = (month: number) => date(month, 1) + ((7 - weekdayIndex(date(month, 1))) % 7)
  const lastMonday = (month: number, length: number) => date(month, length) - weekdayIndex(date(month, length))
  const easter = easterSunday(year)
  const days = new Set<DayNumber>([easter - 2, firstMonday(5), lastMonday(5, 31)])
  /** Two holidays that follow each other take the next working days when they fall on a weekend. */
  const inLieu = (...wanted: DayNumber[]) => {
    const weekday = wanted.filter((day) => weekdayIndex(day) < 5)
    weekday.forEach((day) => days.add(day))
    for (let left = wanted.length - weekday.length, day = Math.min(...wanted); left > 0; day++) {
      if (weekdayIndex(day) < 5 && !days.has(day)) {
        days.add(day)
        left--
      }
    }
  }
  if (nation === 'scotland') {
    inLieu(date(1, 1), date(1, 2))
    days.add(firstMonday(8))
    inLieu(date(11, 30))
  } else {
    inLieu(date(1, 1))
    days.add(easter + 1)
    days.add(lastMonday(8, 31))
  }
  inLieu(date(12, 25), date(12, 26))
  return [...days].sort((a, b) => a - b).map(dateOf)
}

/** Gregorian computus (Meeus, Astronomical Algorithms, chapter 8). */
function easterSunday(year: number): DayNumber {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const month = Math.floor((h + l - 7 * m + 114) / 31)
  const day = ((h + l - 7 * m + 114) % 31) + 1
  return dayNumber(`${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`) ?? Number.NaN
}
