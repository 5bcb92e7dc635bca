import type { FastifyInstance } from 'fastify'
import type { Operations } from '../operations/operations.js'
import type { AdminSettings } from './admin-settings.js'
import { actorOf, answerOf } from './answers.js'
import { refusalsOfBody, refusalsOfReading } from './refusals.js'
import { clearBody, targetParams, targetsAnswer, targetsQuery, watchListAnswer, watchedAnswer } from './watch-list-schemas.js'

interface PageQuery {
  readonly limit: number
  readonly cursor?: string
}

/** Failing telephones, with the evidence and the way back; and the record of every telephone. No number is shown, or part of a URL. */
export function watchListRoutes(
  app: FastifyInstance,
  { watchList }: Pick<Operations, 'watchList'>,
  { now = Date.now }: Pick<AdminSettings, 'now'>,
): void {
  app.get<{ Querystring: PageQuery }>(
    '/api/watch-list',
    {
      config: { needs: 'watchList' },
      schema: {
        operationId: 'getWatchList',
        summary: 'Telephones that failed several times in a row',
        description:
          'With the evidence: each failure with its call, and where the telephone stands today. They are rung after the others. Numbers are masked. `nextCursor` leads to the next page.',
        tags: ['watch list'],
        querystring: targetsQuery(50),
        response: { 200: watchListAnswer, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async ({ query }) => {
      const { targets: watched, nextCursor } = answerOf(await watchList.watched(query))
      return { now: now(), total: watchList.size, watched, nextCursor }
    },
  )

  app.post<{ Params: { readonly id: string }; Body: { readonly why?: string } | null }>(
    '/api/watch-list/:id/clear',
    {
      config: { needs: 'watchList' },
      schema: {
        operationId: 'clearWatched',
        summary: 'Take a telephone off the watch list',
        description:
          'It is rung in its turn again, and comes back when it fails as often again. The id is that of an entry of GET /api/watch-list. The body may be left out.',
        tags: ['watch list'],
        params: targetParams,
        body: clearBody,
        response: { 200: watchedAnswer, ...refusalsOfBody('targetNotFound', 'notWatched', 'storeUnavailable') },
      },
    },
    async (request) => ({ target: answerOf(await watchList.clear(actorOf(request), request.params.id, request.body?.why)) }),
  )

  app.get<{ Querystring: PageQuery }>(
    '/api/targets',
    {
      config: { needs: 'watchList' },
      schema: {
        operationId: 'listTargets',
        summary: 'How every telephone that was rung fares',
        description:
          'Answered, accepted, refused, failed, by result and reason, since it was first rung. Those on the watch list come first, then by whose they are. Numbers are masked. `nextCursor` leads to the next page.',
        tags: ['watch list'],
        querystring: targetsQuery(200),
        response: { 200: targetsAnswer, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async ({ query }) => ({ now: now(), ...answerOf(await watchList.all(query)) }),
  )
}
