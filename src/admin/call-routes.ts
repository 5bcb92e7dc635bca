import type { FastifyInstance } from 'fastify'
import { callRecord } from '../calls/call-record.js'
import type { CallEnding } from '../calls/events.js'
import { placeOf } from '../store/call-filter.js'
import type { AdminSettings } from './admin.js'
import { ApiError } from './api-error.js'
import { callView, summaryView } from './call-view.js'
import { bound } from './day-range.js'
import { refusalsOfReading } from './refusals.js'
import { callAnswer, callParams, callsAnswer, callsQuery } from './schemas.js'

interface CallsQuery {
  readonly from?: string
  readonly to?: string
  readonly line?: string
  readonly organisation?: string
  readonly ending?: CallEnding
  readonly limit?: number
  readonly cursor?: string
}

/** The calls that were, and one of them with everything that is known of it. */
export function callRoutes(app: FastifyInstance, { store, directory, timeZone = 'Europe/London' }: Pick<AdminSettings, 'store' | 'directory' | 'timeZone'>): void {
  app.get<{ Querystring: CallsQuery }>(
    '/api/calls',
    {
      schema: {
        operationId: 'listCalls',
        summary: 'Calls, newest first',
        description: 'One page of the calls report: who called, which line, who accepted, how long it took, how it ended. Filter by days or instants of arrival, line, organisation and ending; `nextCursor` leads to the next page. Calls that run are listed too, with `ending` null.',
        tags: ['calls'],
        querystring: callsQuery,
        response: { 200: callsAnswer, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async ({ query }) => {
      const { from, to, cursor, ...rest } = query
      const first = from === undefined ? undefined : bound(from, 'from', timeZone)
      const end = to === undefined ? undefined : bound(to, 'to', timeZone)
      if (first !== undefined && end !== undefined && first >= end) throw new ApiError('badRequest', 'from lies after to; it has to lie before it.', 'from')
      if (cursor !== undefined && !placeOf(cursor)) throw new ApiError('badRequest', 'cursor is none that this API gave out; leave it out to begin at the newest call.', 'cursor')
      const page = await asked(store.calls({ ...rest, ...(first === undefined ? {} : { from: first }), ...(end === undefined ? {} : { to: end }), ...(cursor === undefined ? {} : { cursor }) }))
      const names = directory()
      return { calls: page.calls.map((call) => summaryView(call, names)), nextCursor: page.nextCursor ?? null }
    },
  )

  app.get<{ Params: { readonly id: string } }>(
    '/api/calls/:id',
    {
      schema: {
        operationId: 'getCall',
        summary: 'One call: its record, attempts, recordings and facts',
        description: 'Everything that is kept of one call. The record and the attempts are read off the facts, which are listed in order at the end. Numbers of specialists are masked everywhere.',
        tags: ['calls'],
        params: callParams,
        response: { 200: callAnswer, ...refusalsOfReading('badRequest', 'callNotFound', 'storeUnavailable') },
      },
    },
    async ({ params }) => {
      const events = await asked(store.events(params.id))
      const record = callRecord(events)
      if (!record) throw new ApiError('callNotFound', `There is no call ${params.id}.`)
      return callView(record, events, directory())
    },
  )
}

/** A store that cannot be asked is no fault of the program. */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw new ApiError('storeUnavailable', `The store cannot be asked: ${error instanceof Error ? error.message : String(error)}`)
  }
}
