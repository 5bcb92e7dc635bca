import type { FastifyInstance } from 'fastify'
import type { AdminSettings } from './admin.js'
import { changed, found, startedCall, usedUp } from './arrangement-answers.js'
import { arrangementFilter, dialableNumber, knownClinician, nhsNumber, type ArrangementsQuery } from './arrangement-input.js'
import { arrangementParams, arrangementsQuery, gone, minutes, patientConnectAnswer, patientConnectBody, patientConnectsAnswer, pinAnswer, startBody, startedAnswer } from './arrangement-schemas.js'
import { patientConnectView, pinNumbers, wholePatientConnect } from './arrangement-view.js'
import { asked } from './call-routes.js'
import { refusals } from './schemas.js'

interface PatientConnectBody {
  readonly nhsNumber: string
  readonly patientNumber: string
  readonly clinician: string
  readonly validMinutes?: number
}

interface OfId {
  readonly Params: { readonly id: string }
}

/** Patient Connect: a clinician calls a patient, by a PIN from any telephone or by having the engine ring them. */
export function patientConnectRoutes(app: FastifyInstance, { arranged, place, directory, timeZone = 'Europe/London', now = Date.now }: Pick<AdminSettings, 'arranged' | 'place' | 'directory' | 'timeZone' | 'now'>): void {
  const tags = ['arrangements']

  app.post<{ Body: PatientConnectBody }>(
    '/api/patient-connects',
    { schema: { summary: 'Makes a PIN with which the clinician reaches the patient', tags, body: patientConnectBody, response: { 201: pinAnswer, ...refusals } } },
    async ({ body }, reply) => {
      const clinician = knownClinician(directory(), body.clinician).id
      const result = await asked(
        arranged.makePatientConnect({
          nhsNumber: nhsNumber(body.nhsNumber),
          patientNumber: dialableNumber(body.patientNumber, 'patientNumber', (number) => arranged.mayDial(number)),
          clinician,
          validMs: (body.validMinutes ?? minutes.pin.usual) * 60_000,
        }),
      )
      if (result.kind === 'usedUp') throw usedUp('PINs')
      const { id, pin, expiresAt } = result.arrangement
      return reply.status(201).headers({ location: `/api/patient-connects/${id}`, 'cache-control': 'no-store' }).send({ id, pin, dialIn: pinNumbers(directory(), clinician), expiresAt })
    },
  )

  app.get<{ Querystring: ArrangementsQuery }>(
    '/api/patient-connects',
    { schema: { summary: 'Patient Connect, what runs out last first: all that are not settled, and those settled in the last three days', tags, querystring: arrangementsQuery, response: { 200: patientConnectsAnswer, ...refusals } } },
    ({ query }) => {
      const page = arranged.list(arrangementFilter('patientConnect', query, timeZone))
      return { arrangements: page.arrangements.flatMap((one) => (one.kind === 'patientConnect' ? [patientConnectView(one, directory(), now())] : [])), nextCursor: page.nextCursor ?? null }
    },
  )

  app.get<OfId>('/api/patient-connects/:id', { schema: { summary: 'One of them, with its tries; without its PIN', tags, params: arrangementParams, response: { 200: patientConnectAnswer, ...refusals } } }, async ({ params }) => {
    return wholePatientConnect(await found(arranged, 'patientConnect', params.id), directory(), now())
  })

  app.delete<OfId>('/api/patient-connects/:id', { schema: { summary: 'Cancels it: its PIN is good no more', tags, params: arrangementParams, response: gone } }, async ({ params }, reply) => {
    await found(arranged, 'patientConnect', params.id)
    changed(await asked(arranged.settle(params.id, 'cancelled')), params.id)
    return reply.status(204).send()
  })

  app.post<OfId & { Body: { readonly clinician?: string } | null }>(
    '/api/patient-connects/:id/start',
    { schema: { summary: 'Begins the call without a PIN: the clinician is rung and, after acceptance, the patient', tags, params: arrangementParams, body: startBody, response: { 202: startedAnswer, ...refusals } } },
    async ({ params, body }, reply) => {
      await found(arranged, 'patientConnect', params.id)
      const clinician = body?.clinician === undefined ? undefined : knownClinician(directory(), body.clinician).id
      return reply.status(202).send(startedCall(await asked(arranged.start(params.id, place, clinician)), params.id))
    },
  )
}
