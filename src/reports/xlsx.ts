import { Readable } from 'node:stream'
import type { Cell, Column } from './columns.js'

/** Days from a spreadsheet's epoch to 1 January 1970. */
const epochInSheet = 25_569
const secondsOfDay = 86_400
/** The limit of a cell. */
const maxCharacters = 32_767

/**
 * A table as a spreadsheet (.xlsx): dates are dates, numbers are numbers, and a text stays a text however it begins, so that none runs as a formula.
 * Rows, some at a time; the next ones are read when the consumer has room, so that no more is in memory.
 */
export async function xlsxOf(
  sheet: string,
  columns: readonly Column[],
  pages: AsyncIterable<readonly (readonly Cell[])[]>,
): Promise<Readable> {
  // Most engines export nothing, and none does at its start.
  const { writeXlsxStream } = await import('hucre/xlsx')
  const stream = writeXlsxStream(rowsOf(pages), {
    name: sheet,
    columns: columns.map(({ name, width, format }) => ({ header: name, width, ...(format === undefined ? {} : { numFmt: format }) })),
    freezePane: { rows: 1 },
  })
  return Readable.fromWeb(stream)
}

async function* rowsOf(pages: AsyncIterable<readonly (readonly Cell[])[]>): AsyncGenerator<(string | number | null)[]> {
  for await (const rows of pages) for (const cells of rows) yield cells.map(valueOf)
}

function valueOf(cell: Cell): string | number | null {
  switch (cell.kind) {
    case 'text':
      return cell.text === '' ? null : plainText(cell.text)
    case 'number':
      return cell.value
    case 'date':
      return cell.day + epochInSheet
    case 'time':
      return cell.seconds / secondsOfDay
  }
}

/** Characters that XML cannot represent are left out. */
function plainText(text: string): string {
  return text.slice(0, maxCharacters).replaceAll(/[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Cs}/gu, '')
}
