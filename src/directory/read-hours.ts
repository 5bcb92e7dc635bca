import { asTyped } from '../text/twins.js'
import { dayNumber, daysOfWeek } from './calendar.js'
import { shorten, type Form } from './form.js'
import type { DayOfWeek, Nation, OpeningHours, TimeSpan } from './model.js'
import { spanMinutes } from './span.js'
import type { YamlNode } from './yaml-tree.js'

const expectedSpan = 'a time span such as 09:00-17:00 (24:00 is midnight at the end; an end before the beginning is on the next day)'
const expectedDays = 'days such as mon, mon-fri or "sat, sun"'

/** Reads `09:00-17:00`. */
export function readSpan(form: Form, node: YamlNode, what: string): TimeSpan | undefined {
  const text = form.scalar(node, what, expectedSpan)
  if (text === undefined) return undefined
  const match = /^(\d{2}:\d{2}) ?- ?(\d{2}:\d{2})$/.exec(asTyped(text))
  const span = { from: match?.[1] ?? '', to: match?.[2] ?? '' }
  return spanMinutes(span) === undefined ? form.problem(node, `${what} is "${shorten(text)}"`, expectedSpan) : span
}

/** Reads `mon`, `mon-fri`, `fri-mon`, `"mon, wed"`, in the order written. */
export function readDays(form: Form, node: YamlNode, what: string): readonly DayOfWeek[] | undefined {
  const days: DayOfWeek[] = []
  for (const part of form.oneOrMore(node)) {
    const text = form.scalar(part, what, expectedDays)
    if (text === undefined) return undefined
    for (const piece of asTyped(text).split(',')) {
      const [first, last, ...rest] = piece
        .trim()
        .toLowerCase()
        .split(/ ?- ?/)
        .map((name) => daysOfWeek.indexOf(name as DayOfWeek))
      const end = last ?? first
      if (first === undefined || end === undefined || first < 0 || end < 0 || rest.length > 0)
        return form.problem(part, `${what} has "${shorten(text)}"`, expectedDays)
      for (let i = first; ; i = (i + 1) % 7) {
        days.push(daysOfWeek[i] ?? 'mon')
        if (i === end) break
      }
    }
  }
  const twice = days.find((day, index) => days.indexOf(day) !== index)
  return twice === undefined ? days : form.problem(node, `${what} has ${twice} twice`, 'every day once')
}

export function readDate(form: Form, node: YamlNode, what: string): string | undefined {
  const expected = 'a date of the calendar such as 2026-12-24'
  const text = form.scalar(node, what, expected)
  if (text === undefined) return undefined
  return dayNumber(text) === undefined ? form.problem(node, `${what} is "${shorten(text)}"`, expected) : text
}

/** Reads `always`, or `{ week, exceptions, bankHolidays }`. */
export function readHours(form: Form, node: YamlNode, what: string): OpeningHours | undefined {
  if (node.kind === 'scalar')
    return node.text.trim() === 'always'
      ? { week: 'always', exceptions: {} }
      : form.problem(node, `${what} is "${shorten(node.text)}"`, '`always`, or the names week, exceptions, bankHolidays')
  const fields = form.fields(node, what, ['week', 'exceptions', 'bankHolidays'])
  if (fields === undefined) return undefined
  const weekNode = fields.get('week')
  if (weekNode === undefined)
    return form.problem(node, `${what} has no week`, '`week: always`, or `week:` with days such as `mon-fri: 09:00-17:00`')
  const week = readWeek(form, weekNode, `the week of ${what}`)
  const exceptions: Record<string, readonly TimeSpan[]> = {}
  const exceptionsNode = fields.get('exceptions')
  for (const { key, value } of exceptionsNode === undefined
    ? []
    : (form.map(exceptionsNode, `exceptions of ${what}`, 'dates such as `2026-12-24: 09:00-12:00`')?.entries ?? [])) {
    const date = readDate(form, key, `an exception of ${what}`)
    const spans = readSpans(form, value, `the exception of ${what}`)
    if (date !== undefined && spans !== undefined) exceptions[date] = spans
  }
  const holidaysNode = fields.get('bankHolidays')
  const bankHolidays = holidaysNode === undefined ? undefined : readBankHolidays(form, holidaysNode, `bankHolidays of ${what}`)
  if (week === undefined) return undefined
  return { week, exceptions, ...(bankHolidays === undefined ? {} : { bankHolidays }) }
}

function readWeek(form: Form, node: YamlNode, what: string): OpeningHours['week'] | undefined {
  if (node.kind === 'scalar' && node.text.trim() === 'always') return 'always'
  const map = form.map(node, what, '`always`, or days such as `mon-fri: 09:00-17:00`')
  if (map === undefined) return undefined
  const week: Partial<Record<DayOfWeek, readonly TimeSpan[]>> = {}
  for (const { key, value } of map.entries) {
    const spans = readSpans(form, value, `"${shorten(key.text)}" in ${what}`)
    for (const day of readDays(form, key, what) ?? []) {
      if (week[day] !== undefined)
        form.problem(key, `${day} stands in ${what} twice`, 'every day once; several spans a day as [09:00-12:30, 13:30-17:00]')
      else if (spans !== undefined) week[day] = spans
    }
  }
  return week
}

function readBankHolidays(
  form: Form,
  node: YamlNode,
  what: string,
): { readonly nation: Nation; readonly spans: readonly TimeSpan[] } | undefined {
  const fields = form.fields(node, what, ['nation', 'spans'])
  if (fields === undefined) return undefined
  const nationNode = fields.get('nation')
  const spansNode = fields.get('spans')
  if (nationNode === undefined || spansNode === undefined)
    return form.problem(node, `${what} needs both nation and spans`, '`{ nation: england, spans: closed }`')
  const nation = form.oneOf(nationNode, `the nation of ${what}`, ['england', 'scotland', 'wales'])
  const spans = readSpans(form, spansNode, what)
  return nation === undefined || spans === undefined ? undefined : { nation, spans }
}

/** Reads `closed`, one span or a list of spans that do not overlap. */
function readSpans(form: Form, node: YamlNode, what: string): readonly TimeSpan[] | undefined {
  if (node.kind === 'scalar' && node.text.trim() === 'closed') return []
  const before = form.errors.length
  const spans: TimeSpan[] = []
  for (const part of form.oneOrMore(node)) {
    const span = readSpan(form, part, what)
    if (span === undefined) continue
    const minutes = spanMinutes(span)
    const overlap = spans.some((other) => {
      const otherMinutes = spanMinutes(other)
      return minutes !== undefined && otherMinutes !== undefined && minutes.from < otherMinutes.to && otherMinutes.from < minutes.to
    })
    if (overlap) form.problem(part, `${what} has spans that overlap`, 'spans that follow each other')
    else spans.push(span)
  }
  return form.errors.length === before ? spans : undefined
}
