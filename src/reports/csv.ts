import { stringify } from 'csv-stringify/sync'
import { Readable } from 'node:stream'
import { writtenCell, type Cell, type Column } from './columns.js'

/** As for rotas: with a UTF-8 byte order mark, CRLF lines, and no cell that a spreadsheet would take for a formula. */
const options = { record_delimiter: 'windows', escape_formulas: true } as const

/** A table as CSV. @param pages rows, some at a time; the next ones are read when the consumer has room */
export function csvOf(columns: readonly Column[], pages: AsyncIterable<readonly (readonly Cell[])[]>): Readable {
  return Readable.from(linesOf(columns, pages), { objectMode: false })
}

async function* linesOf(columns: readonly Column[], pages: AsyncIterable<readonly (readonly Cell[])[]>): AsyncGenerator<string> {
  yield stringify([columns.map(({ name }) => name)], { ...options, bom: true })
  for await (const rows of pages)
    if (rows.length > 0)
      yield stringify(
        rows.map((cells) => cells.map(writtenCell)),
        options,
      )
}
