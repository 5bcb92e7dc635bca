import type { FastifyInstance } from 'fastify'
import type { CallBack } from '../arrangements/arrangement.js'
import type { CallBackChange } from '../arrangements/story.js'
import type { AdminSettings } from './admin.js'
import { changed, found, startedCall } from './arrangement-answers.js'
import { arrangementFilter, dialableNumber, dueTime, knownClinician, nhsNumber, patientsLine, type ArrangementsQuery } from './arrangement-input.js'
import { arrangementParams as paramsOf, arrangementsQuery, callBackAnswer, callBackBody, callBackPatch, callBacksAnswer, gone, startBody, startedAnswer } from './arrangement-schemas.js'
import { callBackView, wholeCallBack } from './arrangement-view.js'
import { asked } from './call-routes.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'

interface CallBackBody {
  readonly line: string
  readonly patientNumber: string
  readonly nhsNumber?: string
  readonly clinician?: string
  readonly dueAt: string
  readonly note?: string
}

interface CallBackPatch {
  readonly patientNumber?: string
  readonly nhsNumber?: string | null
  readonly clinician?: string | null
  readonly dueAt?: string
  readonly note?: string | null
  readonly state?: 'done'
}

interface OfId {
  readonly Params: { readonly id: string }
}

/** Patients who are to be called back: scheduled by staff, or asked for by the patients themselves. */
export function callBackRoutes(app: FastifyInstance, { arranged, place, directory, timeZone = 'Europe/London', now = Date.now }: Pick<AdminSettings, 'arranged' | 'place' | 'directory' | 'timeZone' | 'now'>): void {
  const tags = ['arrangements']
  const params = paramsOf('/api/call-backs')
  const mayDial = (number: string) => arranged.mayDial(number)

  app.post<{ Body: CallBackBody }>(
    '/api/call-backs',
    {
      schema: {
        operationId: 'makeCallBack',
        summary: 'Schedule a call-back',
        description: 'A patient is to be called back in the name of a line of patients. It is on disk before it is answered. Nobody is rung by this: the call begins with POST /api/call-backs/{id}/start.',
        tags,
        body: callBackBody,
        response: { 201: callBackAnswer, ...refusalsOfBody('storeUnavailable') },
      },
    },
    async ({ body }, reply) => {
      const made = await asked(
        arranged.makeCallBack({
          line: patientsLine(directory(), body.line).id,
          patientNumber: dialableNumber(body.patientNumber, 'patientNumber', mayDial),
          dueAt: dueTime(body.dueAt, now()),
          ...(body.nhsNumber === undefined ? {} : { nhsNumber: nhsNumber(body.nhsNumber) }),
          ...(body.clinician === undefined ? {} : { clinician: knownClinician(directory(), body.clinician).id }),
          ...(body.note === undefined ? {} : { note: body.note }),
        }),
      )
      return reply.status(201).header('location', `/api/call-backs/${made.id}`).send(wholeCallBack(made, directory(), now()))
    },
  )

  app.get<{ Querystring: ArrangementsQuery }>(
    '/api/call-backs',
    {
      schema: {
        operationId: 'listCallBacks',
        summary: 'Call-backs, due last first',
        description: 'All call-backs that are not settled, and those settled in the last three days; older ones are found by their id. Patients’ numbers are masked here.',
        tags,
        querystring: arrangementsQuery,
        response: { 200: callBacksAnswer, ...refusalsOfReading('badRequest') },
      },
    },
    ({ query }) => {
      const page = arranged.list(arrangementFilter('callBack', query, timeZone))
      return { arrangements: page.arrangements.flatMap((one) => (one.kind === 'callBack' ? [callBackView(one, directory(), now())] : [])), nextCursor: page.nextCursor ?? null }
    },
  )

  app.get<OfId>(
    '/api/call-backs/:id',
    {
      schema: {
        operationId: 'getCallBack',
        summary: 'One call-back, with its tries',
        description: 'With the number of the patient in full, the note, and every call that carried it so far.',
        tags,
        params,
        response: { 200: callBackAnswer, ...refusalsOfReading('badRequest', 'arrangementNotFound', 'storeUnavailable') },
      },
    },
    async ({ params: { id } }) => wholeCallBack(await found(arranged, 'callBack', id), directory(), now()),
  )

  app.patch<OfId & { Body: CallBackPatch }>(
    '/api/call-backs/:id',
    {
      schema: {
        operationId: 'changeCallBack',
        summary: 'Change an open call-back, or close it by hand',
        description: 'Only what is named changes; null takes away an NHS number, clinician or note. `{"state": "done"}` closes it, with or without other changes, in one step.',
        tags,
        params,
        body: callBackPatch,
        response: { 200: callBackAnswer, ...refusalsOfBody('arrangementNotFound', 'notOpen', 'storeUnavailable') },
      },
    },
    async ({ params, body }) => {
      await found(arranged, 'callBack', params.id)
      const { state, ...rest } = body
      const change = read(rest)
      const result = await asked(state === undefined ? arranged.change(params.id, change) : arranged.settle(params.id, state, change))
      // What is of this kind stays so.
      const callBack = changed(result, params.id) as CallBack
      return wholeCallBack(callBack, directory(), now())
    },
  )

  app.delete<OfId>(
    '/api/call-backs/:id',
    {
      schema: {
        operationId: 'cancelCallBack',
        summary: 'Cancel an open call-back',
        description: 'It stays in the list for three days, as `cancelled`. Not while a call carries it.',
        tags,
        params,
        response: { ...gone, ...refusalsOfChanging('badRequest', 'arrangementNotFound', 'notOpen', 'storeUnavailable') },
      },
    },
    async ({ params: { id } }, reply) => {
      await found(arranged, 'callBack', id)
      changed(await asked(arranged.settle(id, 'cancelled')), id)
      return reply.status(204).send()
    },
  )

  app.post<OfId & { Body: { readonly clinician?: string } | null }>(
    '/api/call-backs/:id/start',
    {
      schema: {
        operationId: 'startCallBack',
        summary: 'Begin the call of a call-back',
        description: 'The clinician is rung on each of their numbers in turn and, after acceptance, the patient. Of two who start it at the same time one gets the call, the other 409. The body may be left out where the call-back names a clinician.',
        tags,
        params,
        body: startBody,
        response: { 202: startedAnswer, ...refusalsOfBody('arrangementNotFound', 'notOpen', 'noClinician', 'notDialable', 'closingDown', 'storeUnavailable') },
      },
    },
    async ({ params, body }, reply) => {
      await found(arranged, 'callBack', params.id)
      const clinician = body?.clinician === undefined ? undefined : knownClinician(directory(), body.clinician).id
      return reply.status(202).send(startedCall(await asked(arranged.start(params.id, place, clinician)), params.id))
    },
  )

  function read({ patientNumber, nhsNumber: nhs, clinician, dueAt, note }: Omit<CallBackPatch, 'state'>): CallBackChange {
    return {
      ...(patientNumber === undefined ? {} : { patientNumber: dialableNumber(patientNumber, 'patientNumber', mayDial) }),
      ...(nhs === undefined ? {} : { nhsNumber: nhs === null ? null : nhsNumber(nhs) }),
      ...(clinician === undefined ? {} : { clinician: clinician === null ? null : knownClinician(directory(), clinician).id }),
      ...(dueAt === undefined ? {} : { dueAt: dueTime(dueAt, now()) }),
      ...(note === undefined ? {} : { note }),
    }
  }
}
