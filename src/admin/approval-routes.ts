import type { FastifyInstance } from 'fastify'
import { scopeName } from '../accounts/roles.js'
import type { Grant } from '../accounts/identity.js'
import type { Operations } from '../operations/operations.js'
import { byOf } from '../web/gate.js'
import { answerOf } from './answers.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'
import { instant, instantOrNull, list, object, text } from './schema-parts.js'
import { idParam, nothing, scopeTaken } from './staff-schemas.js'

const approval = object(
  {
    approval: text('Its id', 'grant-k7m2x9c4w5tq'),
    person: text('Id of the person who may look', 'person-k7m2x9c4w5tq'),
    scope: text('Whose calls', 'organisation:st-brides'),
    reason: text('Why', 'Complaint 2026/114'),
    by: text('Id of the person who approved it', 'person-b3n8v2c4w5tq'),
    since: instant('When'),
    endsAt: instantOrNull('Until when'),
  },
  'An approval in force',
)

/** Approvals to see patient data of calls one had no part in. */
export function approvalRoutes(app: FastifyInstance, { approvals }: Pick<Operations, 'approvals'>): void {
  const needs = { config: { needs: 'approvals' } } as const
  const tags = ['people'] as const

  app.get(
    '/api/approvals',
    {
      ...needs,
      schema: {
        operationId: 'listApprovals',
        summary: 'Who may see patient data of calls they had no part in',
        description: 'Each with its scope, reason, approver and end date, the latest first.',
        tags,
        response: {
          200: object({ approvals: list(approval, 'Those in force') }, 'The approvals'),
          ...refusalsOfReading('storeUnavailable'),
        },
      },
    },
    async () => ({ approvals: answerOf(await approvals.list()).map(shown) }),
  )

  app.post<{ Body: { readonly who: string; readonly scope: string; readonly reason: string; readonly until: string } }>(
    '/api/approvals',
    {
      ...needs,
      schema: {
        operationId: 'giveApproval',
        summary: 'Approve a person to see patient data',
        description:
          'Of calls they had no part in. It opens nothing until they show a second factor, and they say for each call why they look. Nobody approves themselves, nor by a token that they have made.',
        tags,
        body: {
          type: 'object',
          additionalProperties: false,
          required: ['who', 'scope', 'reason', 'until'],
          properties: {
            who: { type: 'string', maxLength: 200, description: 'Their email address, name or id', examples: ['mary.lowe@example.nhs.uk'] },
            scope: scopeTaken('Whose calls'),
            reason: {
              type: 'string',
              maxLength: 500,
              description: 'Why, in 10 to 500 characters',
              examples: ['Complaint 2026/114, asked for by the medical director'],
            },
            until: { type: 'string', maxLength: 10, description: 'The last day, a year from now at the latest', examples: ['2026-12-24'] },
          },
        },
        response: { 201: approval, ...refusalsOfBody('storeUnavailable') },
      },
    },
    async (request, reply) => {
      const given = answerOf(await approvals.give(byOf(request), request.identity, request.body))
      return reply.status(201).send(shown(given))
    },
  )

  app.delete<{ Params: { readonly approval: string } }>(
    '/api/approvals/:approval',
    {
      ...needs,
      schema: {
        operationId: 'removeApproval',
        summary: 'End an approval',
        description: 'At once, for the sessions that are open too.',
        tags,
        params: idParam('approval', 'The id of an approval; GET /api/approvals lists them', 'grant-k7m2x9c4w5tq'),
        response: { 204: nothing('It has ended'), ...refusalsOfChanging('grantNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      answerOf(await approvals.end(byOf(request), request.params.approval))
      return reply.status(204).send()
    },
  )
}

function shown({ id, person, scope, reason, grantedBy, grantedAt, until }: Grant & { readonly person: string }): object {
  return { approval: id, person, scope: scopeName(scope), reason: reason ?? '', by: grantedBy, since: grantedAt, endsAt: until ?? null }
}
