import { dateOf, dayNumber, dayOfWeek, weekdayIndex, type DayNumber } from './calendar.js'
import { shorten } from './form.js'
import { minuteOfDay } from './span.js'

/** A cell's value, or its error and what would be right. Cells have been through `asTyped`. */
export type CellReading<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string; readonly expected: string }

const expectedDate = 'day, month and year such as 12/01/2026 or 12 January 2026'
const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']

interface WrittenDate {
  readonly day: number
  /** 1 to 12. */
  readonly month: number
  readonly year: number | undefined
  /** Digits for both day and month, without the year first: they may be the other way round. */
  readonly digitsOnly: boolean
}

/**
 * Reads the day of a row: the date in any form in which UK Excel shows or saves it (`02/11/2026`, `2-Nov-26`, `02 November 2026`,
 * `Mon 02/11`, `Monday, 2 November 2026`, `2026-11-02`, `02/11/2026 00:00`, the serial number `46328`), day before month. It has to be in the week,
 * so that a date written month first is noticed.
 * @param dateCell may be empty if there is a day
 * @param dayCell `Mon`, `monday`; may be empty
 */
export function sheetDay(dateCell: string, dayCell: string, monday: DayNumber): CellReading<DayNumber> {
  // `Mon`, and `Monday (bank holiday)`.
  const named = dayCell === '' ? undefined : weekdayNamed(/^[a-z]+\.?/i.exec(dayCell)?.[0] ?? '')
  if (dayCell !== '' && named === undefined) return wrong(`the day is "${shorten(dayCell)}"`, 'Mon, Tue, Wed, Thu, Fri, Sat or Sun')
  if (dateCell === '')
    return named === undefined
      ? wrong('there is neither a date nor a day', 'a date such as 12/01/2026, or a day such as Mon')
      : { ok: true, value: monday + named }
  const reading = dateInWeek(dateCell, monday)
  if (!reading.ok) return reading
  const day = reading.value
  const prefix = /^([a-z]{2,9})\.?,? +(?=\d)/i.exec(dateCell)?.[1]
  for (const [text, weekday] of [
    [dayCell, named],
    [prefix ?? '', prefix === undefined ? undefined : weekdayNamed(prefix)],
  ] as const) {
    // A date read with day and month swapped usually falls on another day of the week.
    if (weekday !== undefined && weekdayIndex(day) !== weekday)
      return wrong(`${dateOf(day)} is a ${dayOfWeek(day)}, not "${shorten(text)}"`, 'the day that belongs to the date')
  }
  return reading
}

/** @returns 0 for Monday to 6 for Sunday; undefined for a text that is no weekday, full or shortened */
function weekdayNamed(text: string): number | undefined {
  const name = text.toLowerCase().replace(/\.$/, '')
  const index = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].findIndex(
    (whole) => name.length >= 3 && whole.startsWith(name),
  )
  // `Tues`, `Thurs` and the like begin their names; `weds` does not.
  return index >= 0 ? index : name === 'weds' ? 2 : undefined
}

function dateInWeek(text: string, monday: DayNumber): CellReading<DayNumber> {
  const week = `a date from ${dateOf(monday)} to ${dateOf(monday + 6)}`
  const inWeek = (day: DayNumber | undefined) => day !== undefined && day >= monday && day <= monday + 6
  const serial = /^(\d{5})(?:\.0+)?$/.exec(text)?.[1]
  if (serial !== undefined) return serialInWeek(Number(serial), text, inWeek, week)
  const written = writtenDate(text)
  if (written === undefined) return wrong(`the date is "${shorten(text)}"`, expectedDate)
  const years = written.year === undefined ? [Number(dateOf(monday).slice(0, 4)), Number(dateOf(monday + 6).slice(0, 4))] : [written.year]
  const candidates = years.map((year) => calendarDay(year, written.month, written.day)).filter((day) => day !== undefined)
  const found = candidates.find(inWeek)
  if (found !== undefined) return { ok: true, value: found }
  const swapped = written.digitsOnly ? years.map((year) => calendarDay(year, written.day, written.month)).find(inWeek) : undefined
  const [day] = candidates
  if (swapped !== undefined) {
    const asRead =
      day === undefined
        ? `"${shorten(text)}" is no date with the day first`
        : `"${shorten(text)}" is ${dateOf(day)}, which is not in this week`
    return wrong(`${asRead}; month first it would be ${dateOf(swapped)}`, `the day first: ${british(swapped)}`)
  }
  if (day === undefined) return wrong(`the date is "${shorten(text)}"`, expectedDate)
  return wrong(`${dateOf(day)} is not in this week`, week)
}

/** Excel counts days from 1 January 1900 and takes 1900 for a leap year: 25,569 is 1 January 1970. Its old Macintosh calendar starts in 1904, 1,462 days later. */
function serialInWeek(serial: number, text: string, inWeek: (day: DayNumber) => boolean, week: string): CellReading<DayNumber> {
  const day = serial - 25_569
  if (inWeek(day)) return { ok: true, value: day }
  const from1904 = day + 1_462
  if (inWeek(from1904))
    return wrong(
      `"${text}" is the number of a day, ${dateOf(day)}, or ${dateOf(from1904)} if the sheet counts from 1904`,
      `the date itself: ${british(from1904)}`,
    )
  return wrong(`"${text}" is the number of the day ${dateOf(day)}, which is not in this week`, week)
}

/** Reads only digits, month names and separators; also `1st` and `2nd`. */
function writtenDate(text: string): WrittenDate | undefined {
  const bare = text
    // A midnight time, as Excel saves it after a date.
    .replace(/[ T](?:0{1,2}:00(?::00(?:\.0+)?)?Z?|12:00(?::00)? AM)$/i, '')
    .replace(/^([a-z]{2,9})\.?,? +(?=\d)/i, (prefix, name: string) => (weekdayNamed(name) === undefined ? prefix : ''))
    .trim()
  const yearFirst = /^(\d{4})([-/.])(\d{2})\2(\d{2})$/.exec(bare)
  if (yearFirst) return { day: Number(yearFirst[4]), month: Number(yearFirst[3]), year: Number(yearFirst[1]), digitsOnly: false }
  const digits = /^(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?$/.exec(bare)
  if (digits) return { day: Number(digits[1]), month: Number(digits[3]), year: wholeYear(digits[4]), digitsOnly: true }
  const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)?[ ./-]*([a-z]{3,9})\.?(?:[ ,./-]+(\d{4}|\d{2}))?$/i.exec(bare)
  if (dayFirst) return withMonth(Number(dayFirst[1]), dayFirst[2] ?? '', dayFirst[3])
  const monthFirst = /^([a-z]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?(?:,? +(\d{4}))?$/i.exec(bare)
  return monthFirst ? withMonth(Number(monthFirst[2]), monthFirst[1] ?? '', monthFirst[3]) : undefined
}

function withMonth(day: number, name: string, year: string | undefined): WrittenDate | undefined {
  const wanted = name.toLowerCase()
  const month = months.findIndex((whole) => whole.startsWith(wanted) || (wanted === 'sept' && whole === 'september'))
  return month < 0 ? undefined : { day, month: month + 1, year: wholeYear(year), digitsOnly: false }
}

function wholeYear(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return text.length === 2 ? 2000 + Number(text) : Number(text)
}

function calendarDay(year: number, month: number, day: number): DayNumber | undefined {
  return dayNumber(`${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`)
}

function british(day: DayNumber): string {
  const [year, month, date] = dateOf(day).split('-')
  return `${date ?? ''}/${month ?? ''}/${year ?? ''}`
}

const expectedTime = 'a time such as 09:00'

/**
 * Reads `09:00`, `9:00`, `9.00`, `0900`, `09:00:00`, `8:00 AM`, `8am`, `8.30 p.m.`, `0900 hrs`, and Excel's part of a day (`0.375` is 09:00).
 * @returns `HH:MM`; `24:00` is midnight at the end. A message follows the column's heading.
 */
export function sheetTime(written: string): CellReading<string> {
  // `0900 hrs`; a fraction of a day as Excel saves it with a decimal comma (`0,25` might be a quarter past).
  const text = written.replace(/(?<=\d{2}) ?(?:hrs?|hours|h)\.?$/i, '').replace(/^0,(?=\d{3})/, '0.')
  const clock = /^(\d{1,2})(?:[:.]?(\d{2}))?(?::(\d{2})(?:\.0+)?)?(?: ?([ap])\.? ?m\.?)?$/i.exec(text)
  const half = clock?.[4]?.toLowerCase()
  const [hours, minutes] = [Number(clock?.[1]), clock?.[2] ?? (half === undefined ? undefined : '00')]
  // Two readings of one cell: a quarter past midnight, or a fraction of the day.
  if (/^0\.[0-5]\d$/.test(text) && text !== '0.00')
    return wrong(
      `is "${text}": 00:${text.slice(2)}, or ${partOfDay(text) ?? 'something else'} as the part of a day`,
      'the time with a colon, such as 09:00',
    )
  if (clock && minutes !== undefined) {
    if (clock[3] !== undefined && clock[3] !== '00') return wrong(`is "${shorten(text)}", with seconds`, 'a whole minute, such as 09:00')
    if (half !== undefined && (hours < 1 || hours > 12))
      return wrong(`is "${shorten(text)}", which no clock with am and pm shows`, 'a time such as 8:00 AM or 20:00')
    const hour = half === undefined ? hours : (hours % 12) + (half === 'p' ? 12 : 0)
    const time = `${String(hour).padStart(2, '0')}:${minutes}`
    if (minuteOfDay(time) !== undefined) return { ok: true, value: time }
  }
  const part = partOfDay(text)
  return part === undefined ? wrong(`is "${shorten(text)}"`, expectedTime) : { ok: true, value: part }
}

/** @returns the time at this fraction of a day, if it is a whole minute (within the rounding of Excel's 15 digits) */
function partOfDay(text: string): string | undefined {
  if (!/^0\.\d{1,17}$/.test(text)) return undefined
  const minutes = Number(text) * 1_440
  const whole = Math.round(minutes)
  // Four digits of a day's fraction are worth 9 seconds; fewer can only have been cut by hand.
  if (Math.abs(minutes - whole) > (text.length > 8 ? 1e-3 : 1e-9) || whole >= 1_440) return undefined
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`
}

/**
 * How a spreadsheet has mangled a telephone number, in words; undefined for any other text. Digits are lost, or may be: it is
 * refused, never repaired.
 */
export function mangledNumber(text: string): { readonly message: string; readonly expected: string } | undefined {
  const asText = 'the number typed again, in a cell whose format is Text'
  if (/^\d(?:[.,]\d+)?e\+?\d{1,2}$/i.test(text))
    return {
      message: `"${text}" is what Excel makes of a long number; its last digits are lost`,
      expected: `${asText}, such as 07700 900123`,
    }
  if (/^\d{7,15}[.,]0+$/.test(text))
    return { message: `"${text}" was kept as an amount, not as a telephone number`, expected: `${asText}, such as 07700 900123` }
  if (/^[1-9]\d{9}$/.test(text))
    return {
      message: `"${text}" has lost its leading zero, as numbers do in Excel`,
      expected: `0${text.slice(0, 4)} ${text.slice(4)}, ${asText}`,
    }
  if (/^44\d{10}$/.test(text))
    return { message: `"${text}" has lost its plus sign, as numbers do in Excel`, expected: `+${text}, ${asText}` }
  if (/^#+$|^#(?:REF|N\/A|VALUE|NAME\?|DIV\/0|NUM|NULL)!?$/i.test(text))
    return { message: `"${text}" is an error of the spreadsheet`, expected: 'what belongs in this cell' }
  return undefined
}

function wrong(message: string, expected: string): { readonly ok: false; readonly message: string; readonly expected: string } {
  return { ok: false, message, expected }
}
