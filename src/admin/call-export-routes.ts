import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { knownTimeZone } from '../directory/time-zone.js'
import { filterOf, type AskedCalls } from '../reports/asked-calls.js'
import { allRows } from '../reports/calls-report.js'
import { callsColumns, cellsOf, type Cell } from '../reports/columns.js'
import { csvOf } from '../reports/csv.js'
import { xlsxOf } from '../reports/xlsx.js'
import type { AdminSettings } from './admin-settings.js'
import { answerOf } from './answers.js'
import { asked } from './call-routes.js'
import type { Looks } from './looks.js'
import { refusalsOfReading } from './refusals.js'
import { exportQuery } from './schemas.js'

const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

type Pages = AsyncGenerator<readonly (readonly Cell[])[]>

/** Exports all calls of a list: read page by page as fast as the client takes them, so that no call waits for it. */
export function callExportRoutes(
  app: FastifyInstance,
  {
    store,
    arranged,
    directory,
    looks,
    publicUrl,
    timeZone = 'Europe/London',
    now = Date.now,
  }: Pick<AdminSettings, 'store' | 'arranged' | 'directory' | 'publicUrl' | 'timeZone' | 'now'> & { readonly looks: Looks },
): void {
  const zone = knownTimeZone(timeZone)

  async function pagesFor(request: FastifyRequest<{ Querystring: AskedCalls }>): Promise<Pages> {
    const { identity, query } = request
    // A spreadsheet can be sorted there.
    const order = query.order === 'oldest' ? 'oldest' : 'newest'
    const filter = answerOf(filterOf(identity, { ...query, order }, { directory: directory(), timeZone, now: now() }))
    await looks.atList(request, 'calls.exported', query)
    const addressOf = (callId: string) =>
      `${publicUrl ?? `${request.protocol}://${request.headers.host ?? ''}`}/calls/${encodeURIComponent(callId)}`
    return begun(cells())

    async function* cells(): Pages {
      for await (const rows of allRows({ store, arranged, directory }, identity, filter))
        yield rows.map((row) => cellsOf(row, zone, addressOf))
    }
  }

  app.get<{ Querystring: AskedCalls }>(
    '/api/calls.csv',
    {
      config: { needs: 'calls', fromReports: true },
      schema: {
        operationId: 'getCallsAsCsv',
        summary: 'The calls report as CSV',
        description:
          'All calls that GET /api/calls lists with the same filters, on all its pages, with the columns of the page: UTF-8 with a byte order mark, lines end with CR LF. A cell that a spreadsheet would take for a formula begins with an apostrophe. That they were exported is in the audit.',
        tags: ['calls'],
        querystring: exportQuery,
        response: {
          200: {
            description: 'The table, with a line of headings',
            content: { 'text/csv': { schema: { type: 'string' }, example: `${callsColumns.map(({ name }) => name).join(',')}\r\n` } },
          },
          ...refusalsOfReading('badRequest', 'storeUnavailable'),
        },
      },
    },
    async (request, reply) =>
      attached(reply, 'text/csv; charset=utf-8', 'ringround-calls.csv').send(csvOf(callsColumns, await pagesFor(request))),
  )

  app.get<{ Querystring: AskedCalls }>(
    '/api/calls.xlsx',
    {
      config: { needs: 'calls', fromReports: true },
      schema: {
        operationId: 'getCallsAsSpreadsheet',
        summary: 'The calls report as a spreadsheet',
        description:
          'As GET /api/calls.csv, for Excel and others: dates are dates, numbers are numbers, and no text is a formula. That they were exported is in the audit.',
        tags: ['calls'],
        querystring: exportQuery,
        response: {
          200: {
            description: 'The spreadsheet, with a row of headings',
            content: { [xlsxType]: { schema: { type: 'string' }, example: 'PK ...' } },
          },
          ...refusalsOfReading('badRequest', 'storeUnavailable'),
        },
      },
    },
    async (request, reply) => {
      const pages = await pagesFor(request)
      return attached(reply, xlsxType, 'ringround-calls.xlsx').send(await xlsxOf('Calls', callsColumns, pages))
    },
  )
}

/** A download, which no cache keeps. */
export function attached(reply: FastifyReply, type: string, name: string): FastifyReply {
  return reply.type(type).header('cache-control', 'no-store').header('content-disposition', `attachment; filename="${name}"`)
}

/** The first page is read before the answer begins: a store that does not answer gives a refusal, not a broken download. */
async function begun<T>(pages: AsyncGenerator<T>): Promise<AsyncGenerator<T>> {
  const first = await asked(pages.next())
  return (async function* () {
    if (first.done === true) return
    yield first.value
    yield* pages
  })()
}
