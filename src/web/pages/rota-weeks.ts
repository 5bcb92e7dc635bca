import { dateOf, dayNumber, mondayOf, type DayNumber } from '../../directory/calendar.js'
import { emptyRota } from '../../directory/empty-directory.js'
import type { Directory, Line, Rota } from '../../directory/model.js'
import { readRotaSheet, writeRotaSheet } from '../../directory/rota-sheet.js'
import { copyWeek } from '../../directory/week-plan.js'
import type { VersionedDirectory } from '../../store/kept-directory.js'
import { rotaInFile, type FileChange } from '../rota-forms.js'
import type { Answer, Asked, FieldError, Site } from '../site.js'

type Values = Readonly<Record<string, string>>

export interface RotaWeekParts {
  /** Gives the line and the directory to the keepers of its rota; for others there is no such page. */
  readonly about: (asked: Asked, work: (line: Line, at: VersionedDirectory) => Answer | Promise<Answer>) => Answer | Promise<Answer>
  readonly today: (line: Line) => DayNumber
  /** The rota's page, with the problems. */
  readonly shown: (line: Line, at: VersionedDirectory, monday: DayNumber, errors: readonly FieldError[], values: Values) => Answer
  readonly save: (
    asked: Asked,
    line: Line,
    values: Values,
    changes: readonly FileChange[],
    more: { readonly back: string; readonly form: (values: Values, errors: readonly FieldError[]) => Answer },
  ) => Promise<Answer>
}

/** The size limit of a sheet: a line's week is a few kB. */
const sheetBytes = 256 * 1024

/** A whole week of a rota: copied to another, or exported as a spreadsheet and imported. */
export function rotaWeekPages(site: Site, { about, today, shown, save }: RotaWeekParts): void {
  const mondayIn = (written: string | undefined): DayNumber | undefined => {
    const day = dayNumber(written ?? '')
    return day === undefined ? undefined : mondayOf(day)
  }

  site.get('/rotas/:line/week.csv', 'rotas', (asked) =>
    about(asked, (line, { directory }) => {
      const monday = mondayIn(asked.query['week']) ?? mondayOf(today(line))
      return {
        kind: 'file',
        name: `rota-${line.id}-${dateOf(monday)}.csv`,
        type: 'text/csv; charset=utf-8',
        body: writeRotaSheet(directory, line, monday),
      }
    }),
  )

  site.post('/rotas/:line/copy', 'rotas', (asked) =>
    about(asked, (line, at) => {
      const { week = '', to = '', version = '' } = asked.form
      const from = mondayIn(week) ?? mondayOf(today(line))
      const target = mondayIn(to)
      const values = { week: dateOf(from), to, version }
      const form = (_: Values, errors: readonly FieldError[]) => shown(line, at, from, errors, values)
      if (target === undefined) return form(values, [{ field: 'to', message: 'Enter a date in the week to copy to' }])
      if (target <= mondayOf(today(line))) return form(values, [{ field: 'to', message: 'Enter a date in a week that has not begun yet' }])
      if (target === from) return form(values, [{ field: 'to', message: 'Enter a date in another week' }])
      const copied = copyWeek(rotaOf(at.directory, line), from, target)
      return save(asked, line, values, changesIn(at.directory, line, copied), { back: weekPath(line, target), form })
    }),
  )

  site.post(
    '/rotas/:line/sheet',
    'rotas',
    (asked) =>
      about(asked, (line, at) => {
        const { week = '', text = '', version = '' } = asked.form
        const monday = mondayIn(week) ?? mondayOf(today(line))
        const values = { week: dateOf(monday), text, version }
        const form = (_: Values, errors: readonly FieldError[]) => shown(line, at, monday, errors, values)
        if (text.trim() === '') return form(values, [{ field: 'text', message: 'Choose a spreadsheet, or paste its text' }])
        if (monday < mondayOf(today(line)))
          return form(values, [{ field: 'text', message: 'This week is over and can no longer be changed' }])
        const read = readRotaSheet(at.directory, line, monday, Buffer.from(text, 'utf8'), 'sheet')
        if (!read.ok)
          return form(
            values,
            read.errors
              .slice(0, 20)
              .map(({ line: row, message, expected }) => ({ field: 'text', message: `Line ${row}: ${message}; expected: ${expected}` })),
          )
        // Past days stay as they were, whatever the sheet says.
        const isOver = ({ date }: FileChange) => (dayNumber(date) ?? 0) < today(line)
        const before = rotaInFile(at.directory, line.id).changes.filter(isOver)
        const after = changesIn(at.directory, line, read.rota).filter((change) => !isOver(change))
        return save(asked, line, values, [...before, ...after], { back: weekPath(line, monday), form })
      }),
    { bodyBytes: sheetBytes },
  )
}

function weekPath({ id }: Line, monday: DayNumber): string {
  return `/rotas/${id}?week=${dateOf(monday)}`
}

function rotaOf({ rotas }: Directory, { id }: Line): Rota {
  return rotas.get(id) ?? emptyRota(id)
}

/** The changes of a rota in the words of the directory file. */
function changesIn(directory: Directory, { id }: Line, rota: Rota): readonly FileChange[] {
  return rotaInFile({ ...directory, rotas: new Map(directory.rotas).set(id, rota) }, id).changes
}
