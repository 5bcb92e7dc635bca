import type { FastifyInstance } from 'fastify'
import type { CallBack } from '../arrangements/arrangement.js'
import type { CallBackChange } from '../arrangements/story.js'
import type { AdminSettings } from './admin.js'
import { changed, found, startedCall } from './arrangement-answers.js'
import { arrangementFilter, dialableNumber, dueTime, knownClinician, nhsNumber, patientsLine, type ArrangementsQuery } from './arrangement-input.js'
import { arrangementParams, arrangementsQuery, callBackAnswer, callBackBody, callBackPatch, callBacksAnswer, gone, startBody, startedAnswer } from './arrangement-schemas.js'
import { callBackView, wholeCallBack } from './arrangement-view.js'
import { asked } from './call-routes.js'
import { refusals } from './schemas.js'

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
  const mayDial = (number: string) => arranged.mayDial(number)

  app.post<{ Body: CallBackBody }>(
    '/api/call-backs',
    { schema: { summary: 'Schedules a call-back', tags, body: callBackBody, response: { 201: callBackAnswer, ...refusals } } },
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
    { schema: { summary: 'Call-backs, due last first: all that are not settled, and those settled in the last three days', tags, querystring: arrangementsQuery, response: { 200: callBacksAnswer, ...refusals } } },
    ({ query }) => {
      const page = arranged.list(arrangementFilter('callBack', query, timeZone))
      return { arrangements: page.arrangements.flatMap((one) => (one.kind === 'callBack' ? [callBackView(one, directory(), now())] : [])), nextCursor: page.nextCursor ?? null }
    },
  )

  app.get<OfId>('/api/call-backs/:id', { schema: { summary: 'One call-back, with its tries', tags, params: arrangementParams, response: { 200: callBackAnswer, ...refusals } } }, async ({ params }) => {
    return wholeCallBack(await found(arranged, 'callBack', params.id), directory(), now())
  })

  app.patch<OfId & { Body: CallBackPatch }>(
    '/api/call-backs/:id',
    { schema: { summary: 'Changes an open call-back, or closes it by hand', tags, params: arrangementParams, body: callBackPatch, response: { 200: callBackAnswer, ...refusals } } },
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

  app.delete<OfId>('/api/call-backs/:id', { schema: { summary: 'Cancels an open call-back', tags, params: arrangementParams, response: gone } }, async ({ params }, reply) => {
    await found(arranged, 'callBack', params.id)
    changed(await asked(arranged.settle(params.id, 'cancelled')), params.id)
    return reply.status(204).send()
  })

  app.post<OfId & { Body: { readonly clinician?: string } | null }>(
    '/api/call-backs/:id/start',
    { schema: { summary: 'Begins the call: the clinician is rung and, after acceptance, the patient', tags, params: arrangementParams, body: startBody, response: { 202: startedAnswer, ...refusals } } },
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
