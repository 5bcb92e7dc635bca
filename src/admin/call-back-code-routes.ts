import type { FastifyInstance } from 'fastify'
import type { NewCallBackCode } from '../operations/call-back-codes.js'
import { arrangingReach, seesArrangement } from '../accounts/arranging.js'
import type { Operations } from '../operations/operations.js'
import type { AdminSettings } from './admin-settings.js'
import { actorOf, answerOf } from './answers.js'
import { arrangementFilter, type ArrangementsQuery } from './arrangement-input.js'
import {
  arrangementParams as paramsOf,
  arrangementsQuery,
  callBackCodeAnswer,
  callBackCodeBody,
  callBackCodesAnswer,
  codeAnswer,
  gone,
  minutes,
} from './arrangement-schemas.js'
import { callBackCodeView, wholeCallBackCode } from '../operations/arrangement-view.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'

type CallBackCodeBody = Omit<NewCallBackCode, 'validMinutes'> & { readonly validMinutes?: number }

interface OfId {
  readonly Params: { readonly id: string }
}

/** Four-digit codes: a caller who keys one, on its number and in time, is connected to the clinician who asked for advice. */
export function callBackCodeRoutes(
  app: FastifyInstance,
  { callBackCodes }: Pick<Operations, 'callBackCodes'>,
  { arranged, directory, timeZone = 'Europe/London', now = Date.now }: Pick<AdminSettings, 'arranged' | 'directory' | 'timeZone' | 'now'>,
): void {
  const tags = ['arrangements']
  const params = paramsOf('/api/call-back-codes')

  app.post<{ Body: CallBackCodeBody }>(
    '/api/call-back-codes',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'makeCallBackCode',
        summary: 'Make a code for a past call, or for a thread elsewhere',
        description:
          'A four-digit code that works once, on one number, for minutes. The caller who keys it is connected to the clinician who asked for advice. Either `call`, or `thread` and `to`. The code is in this answer and in no other.',
        tags,
        body: callBackCodeBody,
        response: { 201: codeAnswer, ...refusalsOfBody('callNotFound', 'noAdviceCall', 'notDialable', 'codesUsedUp', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      const { id, code, number, expiresAt } = answerOf(
        await callBackCodes.make(actorOf(request), { validMinutes: minutes.code.usual, ...request.body }),
      )
      return reply
        .status(201)
        .headers({ location: `/api/call-back-codes/${id}`, 'cache-control': 'no-store' })
        .send({ id, code, number, expiresAt })
    },
  )

  app.get<{ Querystring: ArrangementsQuery }>(
    '/api/call-back-codes',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'listCallBackCodes',
        summary: 'Call-back codes, what runs out last first',
        description:
          'All that are not settled, and those settled in the last three days; older ones are found by their id. Without the codes themselves.',
        tags,
        querystring: arrangementsQuery,
        response: { 200: callBackCodesAnswer, ...refusalsOfReading('badRequest') },
      },
    },
    (request) => {
      const reach = arrangingReach(request.identity)
      const page = arranged.list(arrangementFilter('callBackCode', request.query, timeZone), (one) =>
        seesArrangement(reach, one, directory()),
      )
      return {
        arrangements: page.arrangements.flatMap((one) => (one.kind === 'callBackCode' ? [callBackCodeView(one, directory(), now())] : [])),
        nextCursor: page.nextCursor ?? null,
      }
    },
  )

  app.get<OfId>(
    '/api/call-back-codes/:id',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'getCallBackCode',
        summary: 'One call-back code, with the call that used it',
        description: 'Which call, thread or clinician it is for, how long it is good, and the call that used it. Without the code itself.',
        tags,
        params,
        response: { 200: callBackCodeAnswer, ...refusalsOfReading('badRequest', 'arrangementNotFound', 'storeUnavailable') },
      },
    },
    async ({ params: { id } }) => wholeCallBackCode(answerOf(await callBackCodes.find(id)), directory(), now()),
  )

  app.delete<OfId>(
    '/api/call-back-codes/:id',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'cancelCallBackCode',
        summary: 'Cancel a call-back code',
        description: 'The code opens nothing any more. Not while a call carries it.',
        tags,
        params,
        response: { ...gone, ...refusalsOfChanging('badRequest', 'arrangementNotFound', 'notOpen', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await callBackCodes.cancel(actorOf(request), request.params.id))
      return reply.status(204).send()
    },
  )
}
