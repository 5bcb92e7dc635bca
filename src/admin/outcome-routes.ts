import type { FastifyInstance } from 'fastify'
import type { Operations } from '../operations/operations.js'
import { actorOf, answerOf } from './answers.js'
import { outcomeAnswer, outcomeBody } from './arrangement-schemas.js'
import { refusalsOfBody } from './refusals.js'
import { callParams } from './schemas.js'

/** The outcome of a call, left or changed by staff at any later time. Earlier ones stay in the facts. */
export function outcomeRoutes(app: FastifyInstance, { outcomes }: Pick<Operations, 'outcomes'>): void {
  app.put<{ Params: { readonly id: string }; Body: { readonly outcome: string } }>(
    '/api/calls/:id/outcome',
    {
      config: { needs: 'outcomes' },
      schema: {
        operationId: 'leaveOutcome',
        summary: 'Leave an outcome for a call, or change it',
        description:
          'At any time after the call reached its line. The outcome has to be one that those on the call could have been offered; a wrong one is answered with the right ones. Earlier outcomes stay in the facts.',
        tags: ['calls', 'arrangements'],
        params: callParams,
        body: outcomeBody,
        response: { 200: outcomeAnswer, ...refusalsOfBody('callNotFound', 'storeUnavailable') },
      },
    },
    async (request) => {
      const { callId, outcome } = answerOf(
        await outcomes.leave(actorOf(request), { call: request.params.id, outcome: request.body.outcome }),
      )
      return { callId, outcome: outcome.id, label: outcome.label }
    },
  )
}
