import type { FastifyInstance } from 'fastify'
import { callRecord, type CallRecord } from '../calls/call-record.js'
import type { Directory, OutcomeChoice } from '../directory/model.js'
import { callBackOutcomes, outcomesFor, patientConnectOutcomes } from '../directory/outcomes.js'
import type { AdminSettings } from './admin.js'
import { ApiError } from './api-error.js'
import { outcomeAnswer, outcomeBody } from './arrangement-schemas.js'
import { asked } from './call-routes.js'
import { refusalsOfBody } from './refusals.js'
import { callParams } from './schemas.js'

/** The outcome of a call, left or changed by staff, at any time later. Earlier ones stay in the facts. */
export function outcomeRoutes(app: FastifyInstance, { store, directory }: Pick<AdminSettings, 'store' | 'directory'>): void {
  app.put<{ Params: { readonly id: string }; Body: { readonly outcome: string } }>(
    '/api/calls/:id/outcome',
    {
      schema: {
        operationId: 'leaveOutcome',
        summary: 'Leave an outcome for a call, or change it',
        description: 'At any time after the call reached its line. The outcome has to be one that those on the call could have been offered; a wrong one is answered with the right ones. Earlier outcomes stay in the facts.',
        tags: ['calls', 'arrangements'],
        params: callParams,
        body: outcomeBody,
        response: { 200: outcomeAnswer, ...refusalsOfBody('callNotFound', 'storeUnavailable') },
      },
    },
    async ({ params, body }) => {
      const record = callRecord(await asked(store.events(params.id)))
      if (!record) throw new ApiError('callNotFound', `There is no call ${params.id}.`)
      const choices = outcomesOfCall(record, directory())
      const chosen = choices.find(({ id }) => id === body.outcome)
      if (!chosen) {
        const right = choices.length === 0 ? 'This call has no line, and so none can be left for it' : `It has to be one of ${choices.map(({ id }) => id).join(', ')}`
        throw new ApiError('badRequest', `outcome is "${body.outcome}". ${right}.`, 'outcome')
      }
      const already = record.outcome?.outcome === chosen.id && record.outcome.by === 'staff'
      // On disk before anybody is told so; a fact that is kept in memory until the disk is back does not count.
      if (!already && !(await store.log.append(record.callId, { type: 'outcome.left', outcome: chosen.id, by: 'staff' }))) {
        throw new ApiError('storeUnavailable', 'The outcome is not on disk yet: the store cannot write at the moment. It is kept in memory and written as soon as that is possible.')
      }
      return { callId: record.callId, outcome: chosen.id, label: chosen.label }
    },
  )
}

/** What those on the call could have been offered: the same lists, by the same rules, in the directory as it is now. */
export function outcomesOfCall({ kind, line: lineId, organisation, arrangement }: Pick<CallRecord, 'kind' | 'line' | 'organisation' | 'arrangement'>, directory: Directory): readonly OutcomeChoice[] {
  if (kind === 'patientConnect') return patientConnectOutcomes
  const line = lineId === undefined ? undefined : directory.lines.get(lineId)
  if (kind === 'pifuCallBack' && arrangement !== undefined) return callBackOutcomes(directory, line)
  return line ? outcomesFor(directory, line, organisation) : []
}
