import type { FastifyInstance } from 'fastify'
import { callRecord } from '../facts/call-record.js'
import type { CallEnding } from '../facts/events.js'
import { placeOf } from '../store/call-filter.js'
import type { AdminSettings } from './admin.js'
import { ApiError } from './api-error.js'
import { callView, summaryView } from './call-view.js'
import { bound } from './day-range.js'
import type { Looks } from './looks.js'
import { within } from '../accounts/reach-of-calls.js'
import { reachHere } from './reach.js'
import { refusalsOfReading } from './refusals.js'
import { callAnswer, callParams, callsAnswer, callsQuery } from './schemas.js'

interface CallsQuery {
  readonly from?: string
  readonly to?: string
  readonly line?: string
  readonly organisation?: string
  readonly ending?: CallEnding
  readonly sipCallId?: string
  readonly limit?: number
  readonly cursor?: string
}

/** The calls that were, and one of them with everything that is known of it. */
export function callRoutes(app: FastifyInstance, { store, directory, looks, timeZone = 'Europe/London' }: Pick<AdminSettings, 'store' | 'directory' | 'timeZone'> & { readonly looks: Looks }): void {
  app.get<{ Querystring: CallsQuery }>(
    '/api/calls',
    {
      config: { needs: 'calls' },
      schema: {
        operationId: 'listCalls',
        summary: 'Calls, newest first',
        description: 'One page of the calls report: who called, which line, who accepted, how long it took, how it ended. Filter by days or instants of arrival, line, organisation and ending, or find the call of a SIP Call-ID that stands in another log; `nextCursor` leads to the next page. Calls that run are listed too, with `ending` null.',
        tags: ['calls'],
        querystring: callsQuery,
        response: { 200: callsAnswer, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async (request) => {
      const { query } = request
      const { from, to, cursor, ...rest } = query
      const first = from === undefined ? undefined : bound(from, 'from', timeZone)
      const end = to === undefined ? undefined : bound(to, 'to', timeZone)
      if (first !== undefined && end !== undefined && first >= end) throw new ApiError('badRequest', 'from lies after to; it has to lie before it.', 'from')
      if (cursor !== undefined && !placeOf(cursor)) throw new ApiError('badRequest', 'cursor is none that this API gave out; leave it out to begin at the newest call.', 'cursor')
      const parts = within(reachHere(request), directory())
      const page = await asked(store.calls({ ...rest, ...(parts === undefined ? {} : { within: parts }), ...(first === undefined ? {} : { from: first }), ...(end === undefined ? {} : { to: end }), ...(cursor === undefined ? {} : { cursor }) }))
      const names = directory()
      return { calls: page.calls.map((call) => summaryView(call, names)), nextCursor: page.nextCursor ?? null }
    },
  )

  app.get<{ Params: { readonly id: string } }>(
    '/api/calls/:id',
    {
      config: { needs: 'calls' },
      schema: {
        operationId: 'getCall',
        summary: 'One call: its record, attempts, recordings and facts',
        description: 'Everything that is kept of one call. The record and the attempts are read off the facts, which are listed in order at the end. Numbers of specialists are masked everywhere.',
        tags: ['calls'],
        params: callParams,
        response: { 200: callAnswer, ...refusalsOfReading('badRequest', 'reasonNeeded', 'callNotFound', 'storeUnavailable') },
      },
    },
    async (request) => {
      const { params } = request
      const events = await asked(store.events(params.id))
      const record = callRecord(events)
      if (!record) throw new ApiError('callNotFound', `There is no call ${params.id}.`)
      await looks.at(request, 'call.seen', params.id)
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
