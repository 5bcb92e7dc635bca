import type { FastifyInstance } from 'fastify'
import type { CallBackEdit, NewCallBack } from '../operations/call-backs.js'
import { arrangingReach, seesArrangement } from '../accounts/arranging.js'
import type { Operations } from '../operations/operations.js'
import type { AdminSettings } from './admin-settings.js'
import { actorOf, answerOf } from './answers.js'
import { arrangementFilter, type ArrangementsQuery } from './arrangement-input.js'
import {
  arrangementParams as paramsOf,
  arrangementsQuery,
  callBackAnswer,
  callBackBody,
  callBackPatch,
  callBacksAnswer,
  gone,
  startBody,
  startedAnswer,
} from './arrangement-schemas.js'
import { callBackView, wholeCallBack } from '../operations/arrangement-view.js'
import type { Looks } from './looks.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'

interface OfId {
  readonly Params: { readonly id: string }
}

/** Patients who are to be called back: scheduled by staff, or asked for by the patients themselves. */
export function callBackRoutes(
  app: FastifyInstance,
  { callBacks }: Pick<Operations, 'callBacks'>,
  {
    arranged,
    directory,
    looks,
    timeZone = 'Europe/London',
    now = Date.now,
  }: Pick<AdminSettings, 'arranged' | 'directory' | 'timeZone' | 'now'> & { readonly looks: Looks },
): void {
  const tags = ['arrangements']
  const params = paramsOf('/api/call-backs')

  app.post<{ Body: NewCallBack }>(
    '/api/call-backs',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'makeCallBack',
        summary: 'Schedule a call-back',
        description:
          'Arranges a call to a patient in the name of a patients’ line. It is on disk before the answer. It rings nobody: the call begins with POST /api/call-backs/{id}/start.',
        tags,
        body: callBackBody,
        response: { 201: callBackAnswer, ...refusalsOfBody('storeUnavailable') },
      },
    },
    async (request, reply) => {
      const made = answerOf(await callBacks.make(actorOf(request), request.body))
      return reply
        .status(201)
        .header('location', `/api/call-backs/${made.id}`)
        .send(wholeCallBack(made, directory(), now()))
    },
  )

  app.get<{ Querystring: ArrangementsQuery }>(
    '/api/call-backs',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'listCallBacks',
        summary: 'Call-backs, due last first',
        description:
          'All call-backs that are not settled, and those settled in the last three days; older ones are found by their id. Patients’ numbers are masked here.',
        tags,
        querystring: arrangementsQuery,
        response: { 200: callBacksAnswer, ...refusalsOfReading('badRequest') },
      },
    },
    (request) => {
      const reach = arrangingReach(request.identity)
      const page = arranged.list(arrangementFilter('callBack', request.query, timeZone), (one) => seesArrangement(reach, one, directory()))
      return {
        arrangements: page.arrangements.flatMap((one) => (one.kind === 'callBack' ? [callBackView(one, directory(), now())] : [])),
        nextCursor: page.nextCursor ?? null,
      }
    },
  )

  app.get<OfId>(
    '/api/call-backs/:id',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'getCallBack',
        summary: 'One call-back, with its tries',
        description: 'With the number of the patient in full, the note, and every call that carried it so far.',
        tags,
        params,
        response: { 200: callBackAnswer, ...refusalsOfReading('badRequest', 'arrangementNotFound', 'storeUnavailable') },
      },
    },
    async (request) => {
      const found = answerOf(await callBacks.find(request.params.id))
      await looks.at(request, 'arrangement.seen', found.id)
      return wholeCallBack(found, directory(), now())
    },
  )

  app.patch<OfId & { Body: CallBackEdit }>(
    '/api/call-backs/:id',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'changeCallBack',
        summary: 'Change an open call-back, or close it by hand',
        description:
          'Only what is named changes; null takes away an NHS number, clinician or note. `{"state": "done"}` closes it, with or without other changes, in one step.',
        tags,
        params,
        body: callBackPatch,
        response: { 200: callBackAnswer, ...refusalsOfBody('arrangementNotFound', 'notOpen', 'storeUnavailable') },
      },
    },
    async (request) => {
      // The answer has the whole call-back.
      await looks.at(request, 'arrangement.seen', answerOf(await callBacks.find(request.params.id)).id)
      return wholeCallBack(answerOf(await callBacks.change(actorOf(request), request.params.id, request.body)), directory(), now())
    },
  )

  app.delete<OfId>(
    '/api/call-backs/:id',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'cancelCallBack',
        summary: 'Cancel an open call-back',
        description: 'It stays in the list for three days, as `cancelled`. Not while a call carries it.',
        tags,
        params,
        response: { ...gone, ...refusalsOfChanging('badRequest', 'arrangementNotFound', 'notOpen', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await callBacks.cancel(actorOf(request), request.params.id))
      return reply.status(204).send()
    },
  )

  app.post<OfId & { Body: { readonly clinician?: string } | null }>(
    '/api/call-backs/:id/start',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'startCallBack',
        summary: 'Begin the call of a call-back',
        description:
          'The clinician is rung on each of their numbers in turn and, after acceptance, the patient. Of two who start it at the same time one gets the call, the other 409. The body may be left out where the call-back names a clinician.',
        tags,
        params,
        body: startBody,
        response: {
          202: startedAnswer,
          ...refusalsOfBody('arrangementNotFound', 'notOpen', 'noClinician', 'notDialable', 'closingDown', 'storeUnavailable'),
        },
      },
    },
    async (request, reply) =>
      reply
        .status(202)
        .send(answerOf(await callBacks.start(actorOf(request), { id: request.params.id, clinician: request.body?.clinician }))),
  )
}
