import type { FastifyInstance } from 'fastify'
import { byOf } from '../web/gate.js'
import { callRecord } from '../facts/call-record.js'
import type { AdminSettings } from './admin-settings.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'
import { refusalsOfBody } from './refusals.js'
import { callParams, reasonBody } from './schemas.js'

/** The reason for looking at a call in which the viewer had no part. */
export function reasonRoutes(app: FastifyInstance, { store, accounts }: Pick<AdminSettings, 'store' | 'accounts'>): void {
  app.post<{ Params: { readonly id: string }; Body: { readonly why: string } }>(
    '/api/calls/:id/reason',
    {
      config: { needs: 'calls' },
      schema: {
        operationId: 'giveReason',
        summary: 'Say why you look at a call',
        description:
          'People approved for patient data give a reason before they see a call in which they had no part, or hear its recording. It is written to the audit and holds for this call and this session for an hour. Programs with a token need none.',
        tags: ['calls'],
        params: callParams,
        body: reasonBody,
        response: { 204: { description: 'Written down', type: 'null' }, ...refusalsOfBody('callNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      const { identity, params, body } = request
      if (!callRecord(await asked(store.events(params.id)))) throw new ApiError('callNotFound', `There is no call ${params.id}.`)
      if (identity.kind === 'person') await asked(accounts.giveReason(byOf(request), identity.session, params.id, body.why.trim()))
      return reply.status(204).send()
    },
  )
}
