import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { dateOf, dayOfWeek, daysOfWeek, weekdayIndex, type DayNumber } from './calendar.js'
import { emptyRota } from './empty-directory.js'
import { shorten, type DirectoryError } from './form.js'
import type { Directory, Line, Rota, RotaChange, RotaEntry, TimeSpan } from './model.js'
import { entryKey, sessionPlansOn, type SessionPlan } from './rota.js'
import { sheetDate, sheetTime } from './sheet-cells.js'
import { closedWord, SheetNames } from './sheet-names.js'
import { spanMinutes } from './span.js'

/**
 * The rota of a line for one week as a spreadsheet: one session a row, the people in the order in which they are rung.
 *
 *     Date,Day,Session,From,To,1st,2nd,3rd
 *     12/01/2026,Mon,Day,08:00,18:00,Dr Maja Lindqvist,Dr Ada Okafor,Ward 7 (01632 960123)
 *     12/01/2026,Mon,Night,18:00,08:00,closed
 *
 * A cell names a clinician (by name, by identifier, or both as `Dr Ada Okafor [dr-okafor]`) or a phone with its number in brackets.
 */

const fixedColumns = ['Date', 'Day', 'Session', 'From', 'To'] as const
const fewestPlaces = 3

/** What was read from a sheet: the rota with that week's changes, what was left alone, or every error in the file. */
export type ReadSheet =
  | { readonly ok: true; readonly rota: Rota; readonly notes: readonly string[] }
  | { readonly ok: false; readonly errors: readonly DirectoryError[] }

/**
 * Writes one week of a line's rota for a spreadsheet: UTF-8 with a byte order mark (Excel needs it), CRLF.
 * @param monday first day of the week
 */
export function writeRotaSheet(directory: Directory, line: Line, monday: DayNumber): string {
  const rota = directory.rotas.get(line.id) ?? emptyRota(line.id)
  const names = new SheetNames(directory)
  const rows = Array.from({ length: 7 }, (_, index) => monday + index).flatMap((day) => inOrder(sessionPlansOn(rota, day)).map((plan) => row(names, day, plan)))
  const places = Math.max(fewestPlaces, ...rows.map((cells) => cells.length - fixedColumns.length))
  const header = [...fixedColumns, ...Array.from({ length: places }, (_, index) => ordinal(index + 1))]
  // A name that begins with = or @ would be run as a formula by the spreadsheet: the writer puts an apostrophe before it.
  return stringify([header, ...rows.map((cells) => [...cells, ...Array.from({ length: header.length - cells.length }, () => '')])], { bom: true, record_delimiter: 'windows', escape_formulas: true })
}

function inOrder(plans: readonly SessionPlan[]): readonly SessionPlan[] {
  return [...plans].sort((a, b) => (spanMinutes(a.span)?.from ?? 0) - (spanMinutes(b.span)?.from ?? 0))
}

function row(names: SheetNames, day: DayNumber, plan: SessionPlan): readonly string[] {
  const [year, month, date] = dateOf(day).split('-')
  const people = plan.closed ? [closedWord] : plan.entries.map((entry) => names.show(entry))
  const weekday = dayOfWeek(day)
  return [`${date ?? ''}/${month ?? ''}/${year ?? ''}`, weekday.charAt(0).toUpperCase() + weekday.slice(1), plan.name, plan.span.from, plan.span.to, ...people]
}

/** @returns 1st, 2nd, 3rd, 4th ... 11th ... 21st */
function ordinal(place: number): string {
  const ending = place % 100 >= 11 && place % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][place % 10] ?? 'th')
  return `${place}${ending}`
}

/**
 * Reads a sheet into changes of that week. All or nothing. What the sheet says replaces the changes that the week had for those sessions; a
 * session that differs from the weekly pattern becomes a change for its date, one that agrees needs none. A session of the week that the sheet
 * does not have is left as it is, and noted: a row lost in a spreadsheet takes nobody off the rota. To close a session write `closed`.
 * @param bytes the file: UTF-8 with or without byte order mark, UTF-16 with one, or Windows-1252; commas, semicolons or tabs
 */
export function readRotaSheet(directory: Directory, line: Line, monday: DayNumber, bytes: Uint8Array, file: string): ReadSheet {
  const reader = new SheetReader(directory, monday, file)
  const rows = reader.read(sheetText(bytes))
  if (reader.errors.length > 0) return { ok: false, errors: reader.errors }

  const rota = directory.rotas.get(line.id) ?? emptyRota(line.id)
  const named = new Map(rows.map((sheetRow) => [`${sheetRow.day} ${sheetRow.session}`, sheetRow]))
  const kept = rota.changes.filter((change) => !rows.some((sheetRow) => dateOf(sheetRow.day) === change.date && sheetRow.session === change.session))
  const withoutWeek: Rota = { ...rota, changes: kept }
  const added = rows.map((sheetRow) => changeFor(withoutWeek, sheetRow)).filter((change) => change !== undefined)
  const notes = Array.from({ length: 7 }, (_, index) => monday + index).flatMap((day) =>
    sessionPlansOn(withoutWeek, day)
      .filter((plan) => !named.has(`${day} ${plan.name}`))
      .map((plan) => `"${plan.name}" on ${dateOf(day)} is not in the sheet and stays as it is`),
  )
  return { ok: true, rota: { ...rota, changes: [...kept, ...added].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0)) }, notes }
}

interface SheetRow {
  readonly line: number
  readonly day: DayNumber
  readonly session: string
  readonly span: TimeSpan
  /** Undefined: closed. */
  readonly entries: readonly RotaEntry[] | undefined
}

/** The change that makes the date's session what the row says; undefined when the weekly pattern says so already. */
function changeFor(rota: Rota, sheetRow: SheetRow): RotaChange | undefined {
  const date = dateOf(sheetRow.day)
  const plan = sessionPlansOn(rota, sheetRow.day).find((candidate) => candidate.name === sheetRow.session)
  if (sheetRow.entries === undefined) return plan === undefined ? undefined : { date, session: sheetRow.session, kind: 'close' }
  const sameSpan = plan !== undefined && plan.span.from === sheetRow.span.from && plan.span.to === sheetRow.span.to
  if (sameSpan && plan.entries.map(entryKey).join('\n') === sheetRow.entries.map(entryKey).join('\n')) return undefined
  return { date, session: sheetRow.session, kind: 'replace', entries: sheetRow.entries, ...(sameSpan ? {} : { span: sheetRow.span }) }
}

/** Text of a file as spreadsheets save it. */
function sheetText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Excel's plain "CSV" is in the Windows code page; names with accents are then no UTF-8.
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

interface CsvRow {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

class SheetReader {
  readonly errors: DirectoryError[] = []
  readonly #names: SheetNames

  constructor(
    directory: Directory,
    readonly monday: DayNumber,
    readonly file: string,
  ) {
    this.#names = new SheetNames(directory)
  }

  read(text: string): readonly SheetRow[] {
    // Sheets that were pasted together have mixed line ends; lines are counted as an editor counts them.
    const records = this.#records(text.replaceAll(/\r\n?/g, '\n'))
    const [header, ...rows] = records
    if (header === undefined) {
      if (this.errors.length === 0) this.#error(1, 'the sheet is empty', `a row of headings: ${fixedColumns.join(', ')}, 1st, 2nd, 3rd`)
      return []
    }
    const columns = this.#columns(header)
    if (columns === undefined) return []
    const found: SheetRow[] = []
    const seen = new Map<string, number>()
    for (const { record, info } of rows) {
      if (record.every((cell) => cell === '')) continue
      const sheetRow = this.#row(columns, record, info.lines)
      if (sheetRow === undefined) continue
      const key = `${sheetRow.day} ${sheetRow.session}`
      const before = seen.get(key)
      if (before !== undefined) this.#error(info.lines, `"${sheetRow.session}" on ${dateOf(sheetRow.day)} stands in line ${before} already`, 'every session once')
      seen.set(key, info.lines)
      found.push(sheetRow)
    }
    return found
  }

  #records(text: string): readonly CsvRow[] {
    const firstLine = /^[^\r\n]*/.exec(text)?.[0] ?? ''
    const delimiter = [',', ';', '\t'].reduce((best, candidate) => (firstLine.split(candidate).length > firstLine.split(best).length ? candidate : best))
    try {
      return parse(text, { bom: true, delimiter, info: true, trim: true, relax_column_count: true, skip_empty_lines: true, max_record_size: 100_000 }) as unknown as readonly CsvRow[]
    } catch (error) {
      const lines: unknown = typeof error === 'object' && error !== null && 'lines' in error ? error.lines : 1
      this.#error(typeof lines === 'number' ? Math.max(1, Math.min(lines, text.split('\n').length)) : 1, `this is not a table: ${error instanceof Error ? error.message : String(error)}`, 'cells with commas, semicolons or tabs between them, and quotes in pairs')
      return []
    }
  }

  #columns(header: CsvRow): Columns | undefined {
    const titles = header.record.map((title) => title.toLowerCase())
    const index = (name: string) => titles.indexOf(name.toLowerCase())
    const missing = fixedColumns.filter((name) => index(name) < 0 && name !== 'Date' && name !== 'Day')
    if (missing.length > 0 || (index('Date') < 0 && index('Day') < 0)) {
      this.#error(header.info.lines, `headings are missing: ${missing.length > 0 ? missing.join(', ') : 'Date or Day'}`, `${fixedColumns.join(', ')}, 1st, 2nd, 3rd`)
      return undefined
    }
    const places: number[] = []
    for (const [column, title] of titles.entries()) {
      if (/^\d+(?:st|nd|rd|th)?$/.test(title)) places.push(column)
      else if (title !== '' && !fixedColumns.some((name) => name.toLowerCase() === title)) this.#error(header.info.lines, `the heading "${shorten(title)}" is not known`, `${fixedColumns.join(', ')}, 1st, 2nd, 3rd`)
    }
    if (places.length === 0) this.#error(header.info.lines, 'nobody can be put on: there is no column 1st', 'columns 1st, 2nd, 3rd')
    const columns = { date: index('Date'), day: index('Day'), session: index('Session'), from: index('From'), to: index('To') }
    return { ...columns, places, all: new Set([...Object.values(columns), ...places]) }
  }

  #row(columns: Columns, record: readonly string[], line: number): SheetRow | undefined {
    const cell = (column: number) => record[column] ?? ''
    const day = this.#day(cell(columns.date), cell(columns.day), line)
    const session = cell(columns.session).replaceAll(/\s+/g, ' ')
    if (session === '' || session.length > 60) this.#error(line, 'the session has no name', 'a name such as Morning, of at most 60 characters')
    const from = this.#time(cell(columns.from), 'From', line)
    const to = this.#time(cell(columns.to), 'To', line)
    if (from === '24:00') this.#error(line, 'From is 24:00', '00:00 of the day on which the session begins')
    const entries = this.#entries(columns, record, line)
    if (day === undefined || from === undefined || to === undefined) return undefined
    return { line, day, session, span: { from, to }, entries }
  }

  #day(dateCell: string, dayCell: string, line: number): DayNumber | undefined {
    const lastDay = this.monday + 6
    const weekday = dayCell === '' ? undefined : daysOfWeek.findIndex((name) => dayCell.toLowerCase().startsWith(name))
    if (weekday !== undefined && weekday < 0) return this.#error(line, `the day is "${shorten(dayCell)}"`, 'Mon, Tue, Wed, Thu, Fri, Sat or Sun')
    if (dateCell === '') return weekday === undefined ? this.#error(line, 'there is neither a date nor a day', 'a date such as 12/01/2026, or a day such as Mon') : this.monday + weekday
    const day = sheetDate(dateCell)
    if (day === undefined) return this.#error(line, `the date is "${shorten(dateCell)}"`, 'day, month and year such as 12/01/2026')
    if (day < this.monday || day > lastDay) return this.#error(line, `${dateOf(day)} is not in this week`, `a date from ${dateOf(this.monday)} to ${dateOf(lastDay)}`)
    // A date that was read with day and month the wrong way round mostly falls on another day of the week.
    if (weekday !== undefined && weekdayIndex(day) !== weekday) return this.#error(line, `${dateOf(day)} is a ${dayOfWeek(day)}, not "${shorten(dayCell)}"`, 'the day that belongs to the date')
    return day
  }

  #time(text: string, column: string, line: number): string | undefined {
    return sheetTime(text) ?? this.#error(line, `${column} is "${shorten(text)}"`, 'a time such as 09:00')
  }

  #entries(columns: Columns, record: readonly string[], line: number): readonly RotaEntry[] | undefined {
    const cells = columns.places.map((column) => record[column] ?? '').filter((cell) => cell !== '')
    for (const [column, cell] of record.entries()) {
      if (cell !== '' && !columns.all.has(column)) this.#error(line, `"${shorten(cell)}" stands outside the columns`, 'no more people than there are columns 1st, 2nd, 3rd')
    }
    if (cells.some((cell) => cell.toLowerCase() === closedWord)) {
      if (cells.length > 1) this.#error(line, 'the session is closed, and somebody is on', 'either `closed` alone, or people')
      return undefined
    }
    if (cells.length === 0) this.#error(line, 'nobody is on', 'at least one person, or `closed`')
    const entries: RotaEntry[] = []
    for (const cell of cells) {
      const entry = this.#names.read(cell)
      if (typeof entry === 'string') this.#error(line, `"${shorten(cell)}": ${entry}`, "a clinician's name, an identifier such as dr-okafor, or a phone as Ward 7 (01632 960123)")
      else if (entries.some((other) => entryKey(other) === entryKey(entry))) this.#error(line, `"${shorten(cell)}" stands twice in this session`, 'everyone once a session')
      else entries.push(entry)
    }
    return entries
  }

  #error(line: number, message: string, expected: string): undefined {
    this.errors.push({ file: this.file, line, message, expected })
    return undefined
  }
}

interface Columns {
  readonly date: number
  readonly day: number
  readonly session: number
  readonly from: number
  readonly to: number
  /** 1st, 2nd, 3rd ... in the order in which they stand. */
  readonly places: readonly number[]
  readonly all: ReadonlySet<number>
}
