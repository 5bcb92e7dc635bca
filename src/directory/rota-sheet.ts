import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { messageOf } from '../common/errors.js'
import { decodeSheet } from '../text/decode-text.js'
import { asTyped } from '../text/twins.js'
import { dateOf, dayOfWeek, type DayNumber } from './calendar.js'
import { emptyRota } from './empty-directory.js'
import { shorten, type DirectoryError } from './form.js'
import type { Directory, Line, Rota, RotaChange, RotaEntry, TimeSpan } from './model.js'
import { entryKey, sessionPlansOn, type SessionPlan } from './rota.js'
import { sheetDay, sheetTime, type CellReading } from './sheet-cells.js'
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

/** The result of reading a sheet: the rota with that week's changes and the sessions left alone, or every error in the file. */
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
  const rows = Array.from({ length: 7 }, (_, index) => monday + index).flatMap((day) =>
    inOrder(sessionPlansOn(rota, day)).map((plan) => row(names, day, plan)),
  )
  const places = Math.max(fewestPlaces, ...rows.map((cells) => cells.length - fixedColumns.length))
  const header = [...fixedColumns, ...Array.from({ length: places }, (_, index) => ordinal(index + 1))]
  // A spreadsheet would run a name that begins with = or @ as a formula: the writer puts an apostrophe before it.
  return stringify([header, ...rows.map((cells) => [...cells, ...Array.from({ length: header.length - cells.length }, () => '')])], {
    bom: true,
    record_delimiter: 'windows',
    escape_formulas: true,
  })
}

function inOrder(plans: readonly SessionPlan[]): readonly SessionPlan[] {
  return [...plans].sort((a, b) => (spanMinutes(a.span)?.from ?? 0) - (spanMinutes(b.span)?.from ?? 0))
}

function row(names: SheetNames, day: DayNumber, plan: SessionPlan): readonly string[] {
  const [year, month, date] = dateOf(day).split('-')
  const people = plan.closed ? [closedWord] : plan.entries.map((entry) => names.show(entry))
  const weekday = dayOfWeek(day)
  return [
    `${date ?? ''}/${month ?? ''}/${year ?? ''}`,
    weekday.charAt(0).toUpperCase() + weekday.slice(1),
    plan.name,
    plan.span.from,
    plan.span.to,
    ...people,
  ]
}

/** @returns 1st, 2nd, 3rd, 4th ... 11th ... 21st */
function ordinal(place: number): string {
  const ending = place % 100 >= 11 && place % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][place % 10] ?? 'th')
  return `${place}${ending}`
}

/**
 * Reads a sheet into changes of that week. All or nothing. The sheet replaces the week's changes for its sessions; a
 * session that differs from the weekly pattern becomes a change for its date, one that agrees needs none. A session of the week that is missing from the sheet
 * is left as it is, and noted: a row lost in a spreadsheet takes nobody off the rota. To close a session write `closed`.
 * @param bytes the file: UTF-8 or UTF-16; commas, semicolons or tabs, with or without `sep=`. Anything else is read as Windows-1252 as far as
 *   its names are in the directory, and refused beyond that.
 */
export function readRotaSheet(directory: Directory, line: Line, monday: DayNumber, bytes: Uint8Array, file: string): ReadSheet {
  const { decoded, guessed } = decodeSheet(bytes)
  if (!decoded.ok) return { ok: false, errors: [{ file, ...decoded.problem }] }
  const rota = directory.rotas.get(line.id) ?? emptyRota(line.id)
  const reader = new SheetReader(directory, rota, monday, file, guessed)
  const rows = asPlanned(rota, reader.read(decoded.text))
  if (reader.errors.length > 0) return { ok: false, errors: reader.errors }

  const named = new Map(rows.map((sheetRow) => [`${sheetRow.day} ${sheetRow.session}`, sheetRow]))
  const kept = rota.changes.filter(
    (change) => !rows.some((sheetRow) => dateOf(sheetRow.day) === change.date && sheetRow.session === change.session),
  )
  const withoutWeek: Rota = { ...rota, changes: kept }
  const added = rows.map((sheetRow) => changeFor(withoutWeek, sheetRow)).filter((change) => change !== undefined)
  const notes = Array.from({ length: 7 }, (_, index) => monday + index).flatMap((day) =>
    sessionPlansOn(withoutWeek, day)
      .filter((plan) => !named.has(`${day} ${plan.name}`))
      .map((plan) => `"${plan.name}" on ${dateOf(day)} is not in the sheet and stays as it is`),
  )
  return {
    ok: true,
    rota: { ...rota, changes: [...kept, ...added].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0)) },
    notes,
  }
}

/**
 * The rows of each day in the planned order of its sessions, new ones last: if two overlap, that order decides who is rung first, and the sheet is
 * sorted by time of day.
 */
function asPlanned(rota: Rota, rows: readonly SheetRow[]): readonly SheetRow[] {
  const places = new Map<string, number>()
  for (const day of new Set(rows.map((sheetRow) => sheetRow.day)))
    for (const [place, { name }] of sessionPlansOn(rota, day).entries()) places.set(`${day} ${name}`, place)
  const placeOf = ({ day, session }: SheetRow) => places.get(`${day} ${session}`) ?? Number.MAX_SAFE_INTEGER
  return [...rows].sort((a, b) => a.day - b.day || placeOf(a) - placeOf(b))
}

interface SheetRow {
  readonly line: number
  readonly day: DayNumber
  readonly session: string
  readonly span: TimeSpan
  /** Undefined: closed. */
  readonly entries: readonly RotaEntry[] | undefined
}

/** The change that makes the date's session match the row; undefined if the weekly pattern already does. */
function changeFor(rota: Rota, sheetRow: SheetRow): RotaChange | undefined {
  const date = dateOf(sheetRow.day)
  const plan = sessionPlansOn(rota, sheetRow.day).find((candidate) => candidate.name === sheetRow.session)
  if (sheetRow.entries === undefined) return plan === undefined ? undefined : { date, session: sheetRow.session, kind: 'close' }
  const sameSpan = plan !== undefined && plan.span.from === sheetRow.span.from && plan.span.to === sheetRow.span.to
  if (sameSpan && plan.entries.map(entryKey).join('\n') === sheetRow.entries.map(entryKey).join('\n')) return undefined
  return { date, session: sheetRow.session, kind: 'replace', entries: sheetRow.entries, ...(sameSpan ? {} : { span: sheetRow.span }) }
}

interface CsvRow {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/** A row with the number of its first line, from 1. */
interface Row {
  readonly cells: readonly string[]
  readonly line: number
}

class SheetReader {
  readonly errors: DirectoryError[] = []
  readonly #names: SheetNames
  /** The line's sessions, by normalised name. */
  readonly #sessions: ReadonlyMap<string, string>

  /** @param guessed the encoding is uncertain: only ASCII or known names are accepted */
  constructor(
    directory: Directory,
    rota: Rota,
    readonly monday: DayNumber,
    readonly file: string,
    readonly guessed: boolean,
  ) {
    this.#names = new SheetNames(directory)
    this.#sessions = new Map(
      [...rota.pattern.map(({ name }) => name), ...rota.changes.map(({ session }) => session)].map((name) => [asTyped(name), name]),
    )
  }

  read(text: string): readonly SheetRow[] {
    // Pasted sheets have mixed line ends; lines are counted as an editor counts them.
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
    for (const { cells, line } of rows) {
      if (cells.every((cell) => cell === '')) continue
      const sheetRow = this.#row(columns, cells, line)
      if (sheetRow === undefined) continue
      const key = `${sheetRow.day} ${sheetRow.session}`
      const before = seen.get(key)
      if (before !== undefined)
        this.#error(line, `"${sheetRow.session}" on ${dateOf(sheetRow.day)} stands in line ${before} already`, 'every session once')
      seen.set(key, line)
      found.push(sheetRow)
    }
    return found
  }

  #records(text: string): readonly Row[] {
    // `sep=;` tells Excel, and us, the separator. The line is emptied but kept, so that lines are counted as an editor counts them.
    const named = /^"?sep=(.)"?[^\S\n]*(?:\n|$)/i.exec(text)
    const table = named === null ? text : text.replace(/^[^\n]*/, '')
    const firstLine = table.split('\n').find((line) => line.trim() !== '') ?? ''
    const delimiter =
      named?.[1] ??
      [',', ';', '\t'].reduce((best, candidate) => (firstLine.split(candidate).length > firstLine.split(best).length ? candidate : best))
    try {
      const records = parse(table, {
        bom: true,
        delimiter,
        info: true,
        trim: true,
        relax_column_count: true,
        skip_empty_lines: true,
        max_record_size: 100_000,
      }) as unknown as readonly CsvRow[]
      return records.map(({ record, info }) => ({
        cells: record.map(cellText),
        // The parser counts to the end of the row; a quoted cell may hold several lines.
        line: Math.max(1, info.lines - record.reduce((breaks, cell) => breaks + cell.split('\n').length - 1, 0)),
      }))
    } catch (error) {
      const lines: unknown = typeof error === 'object' && error !== null && 'lines' in error ? error.lines : 1
      this.#error(
        typeof lines === 'number' ? Math.max(1, Math.min(lines, text.split('\n').length)) : 1,
        `this is not a table: ${messageOf(error)}`,
        'cells with commas, semicolons or tabs between them, and quotes in pairs',
      )
      return []
    }
  }

  #columns(header: Row): Columns | undefined {
    const titles = header.cells.map((title) => asTyped(title).toLowerCase())
    const index = (name: string) => titles.indexOf(name.toLowerCase())
    const missing = fixedColumns.filter((name) => index(name) < 0 && name !== 'Date' && name !== 'Day')
    if (missing.length > 0 || (index('Date') < 0 && index('Day') < 0)) {
      this.#error(
        header.line,
        `headings are missing: ${missing.length > 0 ? missing.join(', ') : 'Date or Day'}`,
        `${fixedColumns.join(', ')}, 1st, 2nd, 3rd`,
      )
      return undefined
    }
    const places: number[] = []
    for (const [column, title] of titles.entries()) {
      if (/^\d+(?:st|nd|rd|th)?$/.test(title)) places.push(column)
      else if (title !== '' && !fixedColumns.some((name) => name.toLowerCase() === title))
        this.#error(header.line, `the heading "${shorten(title)}" is not known`, `${fixedColumns.join(', ')}, 1st, 2nd, 3rd`)
    }
    if (places.length === 0) this.#error(header.line, 'nobody can be put on: there is no column 1st', 'columns 1st, 2nd, 3rd')
    const columns = { date: index('Date'), day: index('Day'), session: index('Session'), from: index('From'), to: index('To') }
    return { ...columns, places, all: new Set([...Object.values(columns), ...places]) }
  }

  #row(columns: Columns, cells: readonly string[], line: number): SheetRow | undefined {
    const cell = (column: number) => asTyped(cells[column] ?? '')
    const day = this.#taken(sheetDay(cell(columns.date), cell(columns.day), this.monday), line)
    const session = this.#session(cells[columns.session] ?? '', line)
    const from = this.#taken(sheetTime(cell(columns.from)), line, 'From ')
    const to = this.#taken(sheetTime(cell(columns.to)), line, 'To ')
    if (from === '24:00') this.#error(line, 'From is 24:00', '00:00 of the day on which the session begins')
    const entries = this.#entries(columns, cells, line)
    if (day === undefined || from === undefined || to === undefined) return undefined
    return { line, day, session, span: { from, to }, entries }
  }

  /** A session of the line is recognised in any spelling of its name; a new one keeps its name as written. */
  #session(cell: string, line: number): string {
    const written = cell.replaceAll(/\s+/g, ' ').trim()
    const known = this.#sessions.get(asTyped(written))
    if (known !== undefined) return known
    if (written === '' || written.length > 60)
      this.#error(line, 'the session has no name', 'a name such as Morning, of at most 60 characters')
    else this.#certain(written, line)
    return written
  }

  #taken<T>(reading: CellReading<T>, line: number, column = ''): T | undefined {
    return reading.ok ? reading.value : this.#error(line, `${column}${reading.message}`, reading.expected)
  }

  /** A name unknown to the directory is accepted only if its characters are certain. */
  #certain(text: string, line: number): void {
    const doubtful = this.guessed ? /[^\u0000-\u007f]/.exec(text)?.[0] : undefined
    if (doubtful !== undefined)
      this.#error(
        line,
        `"${shorten(text)}": the file is neither UTF-8 nor UTF-16, so it is unclear whether this is a "${doubtful}"`,
        'the sheet saved as "CSV UTF-8"',
      )
  }

  #entries(columns: Columns, row: readonly string[], line: number): readonly RotaEntry[] | undefined {
    const cells = columns.places.map((column) => row[column] ?? '').filter((cell) => cell !== '')
    for (const [column, cell] of row.entries()) {
      if (cell !== '' && !columns.all.has(column))
        this.#error(line, `"${shorten(cell)}" stands outside the columns`, 'no more people than there are columns 1st, 2nd, 3rd')
    }
    if (cells.some((cell) => asTyped(cell).toLowerCase() === closedWord)) {
      if (cells.length > 1) this.#error(line, 'the session is closed, but has people', 'either `closed` alone, or people')
      return undefined
    }
    if (cells.length === 0) this.#error(line, 'nobody is on', 'at least one person, or `closed`')
    const entries: RotaEntry[] = []
    for (const cell of cells) {
      const entry = this.#names.read(cell)
      if ('problem' in entry)
        this.#error(
          line,
          `"${shorten(cell)}": ${entry.problem}`,
          entry.expected ?? "a clinician's name, an identifier such as dr-okafor, or a phone as Ward 7 (01632 960123)",
        )
      else if (entries.some((other) => entryKey(other) === entryKey(entry)))
        this.#error(line, `"${shorten(cell)}" stands twice in this session`, 'everyone once a session')
      else {
        if (entry.kind === 'phone') this.#certain(entry.label, line)
        entries.push(entry)
      }
    }
    return entries
  }

  #error(line: number, message: string, expected: string): undefined {
    this.errors.push({ file: this.file, line, message, expected })
    return undefined
  }
}

/** A cell on one line. `="07700 900123"` makes a sheet keep a number as text. */
function cellText(cell: string): string {
  const text = cell.replaceAll(/\s+/g, ' ').trim()
  return /^="([^"]*)"$/.exec(text)?.[1]?.trim() ?? text
}

interface Columns {
  readonly date: number
  readonly day: number
  readonly session: number
  readonly from: number
  readonly to: number
  /** 1st, 2nd, 3rd ... in column order. */
  readonly places: readonly number[]
  readonly all: ReadonlySet<number>
}
