import type { FastifyInstance } from 'fastify'
import { messageOf } from '../common/errors.js'
import { callRecord } from '../facts/call-record.js'
import { withPatient, withPatients } from '../reports/arranged-patients.js'
import { filterOf, type AskedCalls } from '../reports/asked-calls.js'
import { listsPatient, ofCall, ofSummary, seesPatient } from '../accounts/reach-of-calls.js'
import type { CallSummary } from '../store/call-filter.js'
import type { AdminSettings } from './admin-settings.js'
import { answerOf } from './answers.js'
import { ApiError } from './api-error.js'
import { callView, summaryView } from './call-view.js'
import type { Looks } from './looks.js'
import { refusalsOfReading } from './refusals.js'
import { callAnswer, callParams, callsAnswer, callsQuery } from './schemas.js'

/** Past calls, and one of them with everything known of it. */
export function callRoutes(
  app: FastifyInstance,
  {
    store,
    arranged,
    directory,
    looks,
    timeZone = 'Europe/London',
    now = Date.now,
  }: Pick<AdminSettings, 'store' | 'arranged' | 'directory' | 'timeZone' | 'now'> & { readonly looks: Looks },
): void {
  app.get<{ Querystring: AskedCalls }>(
    '/api/calls',
    {
      config: { needs: 'calls', fromReports: true },
      schema: {
        operationId: 'listCalls',
        summary: 'Calls, newest first',
        description:
          'One page of the calls report: who called, which line, who accepted, how long it took, how it ended. Filter by days or instants of arrival, line, organisation, ending, outcome, clinician, or find a call by a SIP Call-ID from another log. `nextCursor` leads to the next page; a page may have few calls or none and still have a next one, where few calls match. Running calls are listed too, with `ending` null. NHS numbers are included for people who may see patient data, and the audit records that they were seen.',
        tags: ['calls'],
        querystring: callsQuery,
        response: { 200: callsAnswer, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async (request) => {
      const names = directory()
      const filter = answerOf(filterOf(request.identity, request.query, { directory: names, timeZone, now: now() }))
      if (request.query.number !== undefined) await looks.atList(request, 'calls.searched', request.query)
      const page = await asked(store.calls(filter))
      const sees = (call: CallSummary) => listsPatient(request.identity, ofSummary(call), names)
      const calls = (await asked(withPatients({ arranged }, page.calls, sees))).map((call) => summaryView(call, names, sees(call)))
      await looks.atEach(
        request,
        calls.filter(({ nhsNumber }) => nhsNumber !== null).map(({ callId }) => callId),
      )
      return { calls, nextCursor: page.nextCursor ?? null }
    },
  )

  app.get<{ Params: { readonly id: string } }>(
    '/api/calls/:id',
    {
      config: { needs: 'calls' },
      schema: {
        operationId: 'getCall',
        summary: 'One call: its record, attempts, recordings and facts',
        description:
          'Everything that is kept of one call. The record and the attempts are read off the facts, which are listed in order at the end. Numbers of specialists are masked everywhere.',
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
      const patient =
        seesPatient(request.identity, ofCall(record), directory()) && !(await looks.needsReason(request, params.id, 'recordings'))
      return callView(patient ? await asked(withPatient({ arranged }, record)) : record, events, directory(), patient)
    },
  )
}

/** A store that does not answer is no fault of the program. */
export async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw new ApiError('storeUnavailable', `The store cannot be asked: ${messageOf(error)}`)
  }
}
