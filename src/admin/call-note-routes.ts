import type { FastifyInstance } from 'fastify'
import type { Operations } from '../operations/operations.js'
import { actorOf, answerOf } from './answers.js'
import { refusalsOfBody } from './refusals.js'
import { callParams } from './schemas.js'
import { object, text, textOrNull } from './schema-parts.js'

const callId = text('Id of the call', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11')
const assignmentBody = {
  type: 'object',
  additionalProperties: false,
  required: ['clinician'],
  properties: {
    clinician: {
      type: ['string', 'null'],
      minLength: 1,
      maxLength: 200,
      description: "The id of a clinician; null: the call is nobody's any more",
      examples: ['dr-okafor'],
    },
  },
} as const
const assignmentAnswer = object(
  {
    callId,
    clinician: textOrNull("Id of the clinician; null: the call is nobody's", 'dr-okafor'),
    clinicianName: textOrNull('Their name', 'Dr Ada Okafor'),
  },
  'Whose call it is now',
)
const nhsNumberBody = {
  type: 'object',
  additionalProperties: false,
  required: ['nhsNumber'],
  properties: {
    nhsNumber: {
      type: ['string', 'null'],
      minLength: 1,
      maxLength: 20,
      description: 'Ten digits, of which the last is a check digit, with or without spaces; null: it is taken away',
      examples: ['943 476 5919'],
    },
  },
} as const
const nhsNumberAnswer = object(
  { callId, nhsNumber: textOrNull('The ten digits; null: there is none', '9434765919') },
  'The number that the call has now',
)

/** What staff add to a call later: its caller and its patient. Earlier values stay in the facts. */
export function callNoteRoutes(app: FastifyInstance, { assignments, nhsNumbers }: Pick<Operations, 'assignments' | 'nhsNumbers'>): void {
  app.put<{ Params: { readonly id: string }; Body: { readonly clinician: string | null } }>(
    '/api/calls/:id/clinician',
    {
      config: { needs: 'assignments' },
      schema: {
        operationId: 'changeClinicianOfCall',
        summary: 'Say which clinician made a call',
        description:
          "Of a call that came from a Dial-In number, which says which organisation called and not who. At any time later; from then on it is among that clinician's own calls, with its recording. Earlier ones stay in the facts.",
        tags: ['calls'],
        params: callParams,
        body: assignmentBody,
        response: { 200: assignmentAnswer, ...refusalsOfBody('callNotFound', 'storeUnavailable') },
      },
    },
    async (request) => {
      const { callId, clinician } = answerOf(
        await assignments.assign(actorOf(request), { call: request.params.id, clinician: request.body.clinician }),
      )
      return { callId, clinician: clinician?.id ?? null, clinicianName: clinician?.name ?? null }
    },
  )

  app.put<{ Params: { readonly id: string }; Body: { readonly nhsNumber: string | null } }>(
    '/api/calls/:id/nhs-number',
    {
      config: { needs: 'outcomes' },
      schema: {
        operationId: 'leaveNhsNumber',
        summary: 'Leave the NHS number of the patient, or change it',
        description:
          'Of the patient the call was about, at any later time. Only people who may see patient data see it in the call; earlier ones stay in the facts.',
        tags: ['calls'],
        params: callParams,
        body: nhsNumberBody,
        response: { 200: nhsNumberAnswer, ...refusalsOfBody('callNotFound', 'storeUnavailable') },
      },
    },
    async (request) => {
      const { callId, nhsNumber } = answerOf(
        await nhsNumbers.leave(actorOf(request), { call: request.params.id, nhsNumber: request.body.nhsNumber }),
      )
      return { callId, nhsNumber: nhsNumber ?? null }
    },
  )
}
