import type { FastifyInstance } from 'fastify'
import { arrangingReach, seesArrangement } from '../accounts/arranging.js'
import type { Operations } from '../operations/operations.js'
import type { NewPatientConnect } from '../operations/patient-connects.js'
import type { AdminSettings } from './admin-settings.js'
import { actorOf, answerOf } from './answers.js'
import { arrangementFilter, type ArrangementsQuery } from './arrangement-input.js'
import {
  arrangementParams as paramsOf,
  arrangementsQuery,
  gone,
  minutes,
  patientConnectAnswer,
  patientConnectBody,
  patientConnectsAnswer,
  pinAnswer,
  startBody,
  startedAnswer,
} from './arrangement-schemas.js'
import { patientConnectView, pinNumbers, wholePatientConnect } from '../operations/arrangement-view.js'
import type { Looks } from './looks.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'

type PatientConnectBody = Omit<NewPatientConnect, 'validMinutes'> & { readonly validMinutes?: number }

interface OfId {
  readonly Params: { readonly id: string }
}

/** Patient Connect: a clinician calls a patient, by a PIN from any telephone or by having the engine ring them. */
export function patientConnectRoutes(
  app: FastifyInstance,
  { patientConnects }: Pick<Operations, 'patientConnects'>,
  {
    arranged,
    directory,
    looks,
    timeZone = 'Europe/London',
    now = Date.now,
  }: Pick<AdminSettings, 'arranged' | 'directory' | 'timeZone' | 'now'> & { readonly looks: Looks },
): void {
  const tags = ['arrangements']
  const params = paramsOf('/api/patient-connects')

  app.post<{ Body: PatientConnectBody }>(
    '/api/patient-connects',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'makePatientConnect',
        summary: 'Make a PIN with which a clinician reaches a patient',
        description:
          'The clinician rings a Dial-In number of their organisations (`dialIn`), keys * and the PIN, and is put through to the patient. The PIN is in this answer and in no other. Where `dialIn` is empty, begin the call with POST /api/patient-connects/{id}/start.',
        tags,
        body: patientConnectBody,
        response: { 201: pinAnswer, ...refusalsOfBody('codesUsedUp', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      const { id, pin, clinician, expiresAt } = answerOf(
        await patientConnects.make(actorOf(request), { validMinutes: minutes.pin.usual, ...request.body }),
      )
      return reply
        .status(201)
        .headers({ location: `/api/patient-connects/${id}`, 'cache-control': 'no-store' })
        .send({ id, pin, dialIn: pinNumbers(directory(), clinician), expiresAt })
    },
  )

  app.get<{ Querystring: ArrangementsQuery }>(
    '/api/patient-connects',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'listPatientConnects',
        summary: 'Patient Connect, what runs out last first',
        description:
          'All that are not settled, and those settled in the last three days; older ones are found by their id. Without PINs; patients’ numbers are masked here.',
        tags,
        querystring: arrangementsQuery,
        response: { 200: patientConnectsAnswer, ...refusalsOfReading('badRequest') },
      },
    },
    (request) => {
      const reach = arrangingReach(request.identity)
      const page = arranged.list(arrangementFilter('patientConnect', request.query, timeZone), (one) =>
        seesArrangement(reach, one, directory()),
      )
      return {
        arrangements: page.arrangements.flatMap((one) =>
          one.kind === 'patientConnect' ? [patientConnectView(one, directory(), now())] : [],
        ),
        nextCursor: page.nextCursor ?? null,
      }
    },
  )

  app.get<OfId>(
    '/api/patient-connects/:id',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'getPatientConnect',
        summary: 'One Patient Connect, with its tries',
        description: 'With the number of the patient in full and every call that carried it so far; without its PIN.',
        tags,
        params,
        response: { 200: patientConnectAnswer, ...refusalsOfReading('badRequest', 'arrangementNotFound', 'storeUnavailable') },
      },
    },
    async (request) => {
      const found = answerOf(await patientConnects.find(request.params.id))
      await looks.at(request, 'arrangement.seen', found.id)
      return wholePatientConnect(found, directory(), now())
    },
  )

  app.delete<OfId>(
    '/api/patient-connects/:id',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'cancelPatientConnect',
        summary: 'Cancel a Patient Connect',
        description: 'Its PIN opens nothing any more. Not while a call carries it.',
        tags,
        params,
        response: { ...gone, ...refusalsOfChanging('badRequest', 'arrangementNotFound', 'notOpen', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await patientConnects.cancel(actorOf(request), request.params.id))
      return reply.status(204).send()
    },
  )

  app.post<OfId & { Body: { readonly clinician?: string } | null }>(
    '/api/patient-connects/:id/start',
    {
      config: { needs: 'arrangements' },
      schema: {
        operationId: 'startPatientConnect',
        summary: 'Begin the call without a PIN',
        description:
          'The clinician is rung and, after acceptance, the patient. While this call runs the PIN opens nothing. The body may be left out.',
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
        .send(answerOf(await patientConnects.start(actorOf(request), { id: request.params.id, clinician: request.body?.clinician }))),
  )
}
