import type { FastifyInstance } from 'fastify'
import type { AdminSettings } from './admin.js'
import { changed, found, startedCall, usedUp } from './arrangement-answers.js'
import { arrangementFilter, dialableNumber, knownClinician, nhsNumber, type ArrangementsQuery } from './arrangement-input.js'
import { arrangementParams as paramsOf, arrangementsQuery, gone, minutes, patientConnectAnswer, patientConnectBody, patientConnectsAnswer, pinAnswer, startBody, startedAnswer } from './arrangement-schemas.js'
import { patientConnectView, pinNumbers, wholePatientConnect } from './arrangement-view.js'
import { asked } from './call-routes.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'

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
  const params = paramsOf('/api/patient-connects')

  app.post<{ Body: PatientConnectBody }>(
    '/api/patient-connects',
    {
      schema: {
        operationId: 'makePatientConnect',
        summary: 'Make a PIN with which a clinician reaches a patient',
        description: 'The clinician rings a Dial-In number of their organisations (`dialIn`), keys * and the PIN, and is put through to the patient. The PIN is in this answer and in no other. Where `dialIn` is empty, begin the call with POST /api/patient-connects/{id}/start.',
        tags,
        body: patientConnectBody,
        response: { 201: pinAnswer, ...refusalsOfBody('codesUsedUp', 'storeUnavailable') },
      },
    },
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
    {
      schema: {
        operationId: 'listPatientConnects',
        summary: 'Patient Connect, what runs out last first',
        description: 'All that are not settled, and those settled in the last three days; older ones are found by their id. Without PINs; patients’ numbers are masked here.',
        tags,
        querystring: arrangementsQuery,
        response: { 200: patientConnectsAnswer, ...refusalsOfReading('badRequest') },
      },
    },
    ({ query }) => {
      const page = arranged.list(arrangementFilter('patientConnect', query, timeZone))
      return { arrangements: page.arrangements.flatMap((one) => (one.kind === 'patientConnect' ? [patientConnectView(one, directory(), now())] : [])), nextCursor: page.nextCursor ?? null }
    },
  )

  app.get<OfId>(
    '/api/patient-connects/:id',
    {
      schema: {
        operationId: 'getPatientConnect',
        summary: 'One Patient Connect, with its tries',
        description: 'With the number of the patient in full and every call that carried it so far; without its PIN.',
        tags,
        params,
        response: { 200: patientConnectAnswer, ...refusalsOfReading('badRequest', 'arrangementNotFound', 'storeUnavailable') },
      },
    },
    async ({ params: { id } }) => wholePatientConnect(await found(arranged, 'patientConnect', id), directory(), now()),
  )

  app.delete<OfId>(
    '/api/patient-connects/:id',
    {
      schema: {
        operationId: 'cancelPatientConnect',
        summary: 'Cancel a Patient Connect',
        description: 'Its PIN opens nothing any more. Not while a call carries it.',
        tags,
        params,
        response: { ...gone, ...refusalsOfChanging('badRequest', 'arrangementNotFound', 'notOpen', 'storeUnavailable') },
      },
    },
    async ({ params: { id } }, reply) => {
      await found(arranged, 'patientConnect', id)
      changed(await asked(arranged.settle(id, 'cancelled')), id)
      return reply.status(204).send()
    },
  )

  app.post<OfId & { Body: { readonly clinician?: string } | null }>(
    '/api/patient-connects/:id/start',
    {
      schema: {
        operationId: 'startPatientConnect',
        summary: 'Begin the call without a PIN',
        description: 'The clinician is rung and, after acceptance, the patient. While this call runs the PIN opens nothing. The body may be left out.',
        tags,
        params,
        body: startBody,
        response: { 202: startedAnswer, ...refusalsOfBody('arrangementNotFound', 'notOpen', 'noClinician', 'notDialable', 'closingDown', 'storeUnavailable') },
      },
    },
    async ({ params, body }, reply) => {
      await found(arranged, 'patientConnect', params.id)
      const clinician = body?.clinician === undefined ? undefined : knownClinician(directory(), body.clinician).id
      return reply.status(202).send(startedCall(await asked(arranged.start(params.id, place, clinician)), params.id))
    },
  )
}
