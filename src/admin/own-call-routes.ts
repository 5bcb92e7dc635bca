import type { FastifyInstance } from 'fastify'
import { mayArrangeBy } from '../accounts/arranging.js'
import type { Operations } from '../operations/operations.js'
import { pressedWithinMs } from '../operations/own-calls.js'
import { instantGiven } from '../operations/read-input.js'
import { byOf } from '../web/gate.js'
import type { AdminSettings } from './admin-settings.js'
import { actorOf, answerOf } from './answers.js'
import { ApiError } from './api-error.js'
import { reachHere } from './reach.js'
import { refusalsOfBody } from './refusals.js'
import { clinicianId, instantTaken, lineId, object, textOrNull } from './schema-parts.js'

const params = { ...object({ line: lineId() }), required: ['line'] } as const
const body = {
  ...object({
    clinician: clinicianId('Who wants to talk to the line: the id of a clinician in the directory'),
    once: {
      type: 'string',
      minLength: 8,
      maxLength: 64,
      pattern: '^[\\w-]*$',
      description:
        'A key of your own, the same for every try of one request: whatever arrives twice under it rings once. Letters, digits, _ and -',
      examples: ['8f1c2a9d-4b7e'],
    },
    pressedAt: instantTaken(
      `When they asked for it. Nobody is rung for what was asked for more than ${pressedWithinMs / 1000} seconds ago; left out: for what arrives now`,
    ),
  }),
  required: ['clinician', 'once'],
  additionalProperties: false,
} as const

interface Body {
  readonly clinician: string
  readonly once: string
  readonly pressedAt?: string
}

/** "Ring me": a clinician is rung, and after key 1 a line. */
export function ownCallRoutes(
  app: FastifyInstance,
  { ownCalls }: Pick<Operations, 'ownCalls'>,
  { directory }: Pick<AdminSettings, 'directory'>,
): void {
  app.post<{ Params: { readonly line: string }; Body: Body }>(
    '/api/lines/:line/ring',
    {
      config: { needs: 'pocket' },
      schema: {
        operationId: 'startCallToLine',
        summary: 'Ring a clinician, and connect them to a line',
        description:
          'The clinician is rung on the numbers that the directory has of them, one after the other, and after key 1 the line, as if they had dialled it. For oneself; a program for the clinicians of the organisations that it may act for.',
        tags: ['calls'],
        params,
        body,
        response: {
          202: object(
            {
              callId: textOrNull(
                'Id of the call, which has begun; null: the same request came before, and was seen to',
                'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11',
              ),
            },
            'They are being rung',
          ),
          ...refusalsOfBody('clinicianNotFound', 'lineNotFound', 'lineClosed', 'noTelephone', 'tooLate', 'closingDown', 'storeUnavailable'),
        },
      },
    },
    async (request, reply) => {
      const { clinician: id, once, pressedAt } = request.body
      const clinician = directory().clinicians.get(id)
      // About clinicians outside their reach they learn nothing.
      if (!clinician || !mayArrangeBy(reachHere(request), clinician, directory()))
        throw new ApiError('clinicianNotFound', `The directory has no clinician "${id}".`, 'clinician')
      const at = pressedAt === undefined ? undefined : answerOf(instantGiven(pressedAt, 'pressedAt'))
      const rung = answerOf(
        await ownCalls.start(actorOf(request), byOf(request).actor, { clinician: id, line: request.params.line, once, pressedAt: at }),
      )
      return reply.status(202).send(rung)
    },
  )
}
