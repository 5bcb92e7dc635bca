import type { FastifyInstance } from 'fastify'
import type { Directory } from '../directory/model.js'
import type { Operations } from '../operations/operations.js'
import { isTargetCursor, type StoredTarget, type TargetPage } from '../store/questions/list-targets.js'
import type { Store } from '../store/store.js'
import type { TargetFigures } from '../watch-list/target-figures.js'
import type { WatchList } from '../watch-list/watch-list.js'
import { actorOf, answerOf } from './answers.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'
import { maskedTarget, withoutTargets } from './masking.js'
import { refusalsOfChanging, refusalsOfReading } from './refusals.js'
import { rotaPlacesToday, type RotaPlace } from './rota-lines-today.js'
import { TargetIds } from './target-ids.js'
import { targetParams, targetsAnswer, targetsQuery, watchListAnswer, watchedAnswer } from './watch-list-schemas.js'

export interface WatchListRoutesOptions {
  readonly watchList: Pick<WatchList, 'size' | 'clear'>
  readonly store: Pick<Store, 'targets' | 'watched' | 'target'>
  readonly directory: () => Directory
  /** Wall-clock ms. Default: the system's. */
  readonly now?: () => number
}

interface PageQuery {
  readonly limit: number
  readonly cursor?: string
}

/** Gone through again after so long: over 2,000 rotas it takes some 30 ms, in which no call is served. */
const placesMs = 60_000

interface TargetView extends Pick<TargetFigures, 'label' | 'rung' | 'answered' | 'byResult' | 'byReason' | 'lastRungAt'> {
  readonly id: string
  readonly number: string
  readonly accepted: number
  readonly refused: number
  readonly failed: number
  readonly lastAcceptedAt: number | null
  readonly watchedSince: number | null
  readonly failures: TargetFigures['failures']
  readonly standsToday: readonly RotaPlace[]
}

/** The telephones that fail, with the evidence and the way back; and how every telephone fares. No number is shown, nor stands in an address. */
export function watchListRoutes(app: FastifyInstance, operations: Pick<Operations, 'watchList'>, { watchList, store, directory, now = Date.now }: WatchListRoutesOptions): void {
  const ids = new TargetIds()

  let known: { readonly directory: Directory; readonly until: number; readonly places: ReturnType<typeof rotaPlacesToday> } | undefined
  const placesNow = () => {
    const at = now()
    if (known?.directory !== directory() || known.until < at) known = { directory: directory(), until: at + placesMs, places: rotaPlacesToday(directory(), at) }
    return known.places
  }

  const viewOf = (one: StoredTarget): TargetView => view(one, ids.idOf(one.id), placesNow().get(one.target) ?? [])

  const page = async (query: PageQuery, ask: (query: PageQuery) => Promise<TargetPage>) => {
    if (query.cursor !== undefined && !isTargetCursor(query.cursor)) throw new ApiError('badRequest', 'cursor is none that this API gave out; leave it out to begin at the first page.', 'cursor')
    const { targets, next } = await asked(ask(query))
    return { targets: targets.map(viewOf), nextCursor: next ?? null }
  }

  app.get<{ Querystring: PageQuery }>(
    '/api/watch-list',
    {
      config: { needs: 'watchList' },
      schema: {
        operationId: 'getWatchList',
        summary: 'Telephones that failed several times in a row',
        description: 'With the evidence: each failure with its call, and where the telephone stands today. They are rung after the others. Numbers are masked. `nextCursor` leads to the next page.',
        tags: ['watch list'],
        querystring: targetsQuery(50),
        response: { 200: watchListAnswer, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async ({ query }) => {
      const { targets: watched, nextCursor } = await page(query, (one) => store.watched(one))
      return { now: now(), total: watchList.size, watched, nextCursor }
    },
  )

  app.post<{ Params: { readonly id: string } }>(
    '/api/watch-list/:id/clear',
    {
      config: { needs: 'watchList' },
      schema: {
        operationId: 'clearWatched',
        summary: 'Take a telephone off the watch list',
        description: 'It is rung in its turn again, and comes back when it fails as often again. The id is that of an entry of GET /api/watch-list.',
        tags: ['watch list'],
        params: targetParams,
        response: { 200: watchedAnswer, ...refusalsOfChanging('badRequest', 'targetNotFound', 'notWatched', 'storeUnavailable') },
      },
    },
    async (request) => ({ target: viewOf(answerOf(await operations.watchList.clear(actorOf(request), ids.rowOf(request.params.id)))) }),
  )

  app.get<{ Querystring: PageQuery }>(
    '/api/targets',
    {
      config: { needs: 'watchList' },
      schema: {
        operationId: 'listTargets',
        summary: 'How every telephone that was rung fares',
        description: 'Answered, accepted, refused, failed, by result and reason, since it was first rung. Those on the watch list come first, then by whose they are. Numbers are masked. `nextCursor` leads to the next page.',
        tags: ['watch list'],
        querystring: targetsQuery(200),
        response: { 200: targetsAnswer, ...refusalsOfReading('badRequest', 'storeUnavailable') },
      },
    },
    async ({ query }) => ({ now: now(), ...(await page(query, (one) => store.targets(one))) }),
  )
}

function view(figures: TargetFigures, id: string, standsToday: readonly RotaPlace[]): TargetView {
  const { target, label, rung, answered, byResult, byReason, lastRungAt, lastAcceptedAt, watchedSince, failures } = figures
  const count = (...results: readonly (keyof typeof byResult)[]) => results.reduce((sum, result) => sum + (byResult[result] ?? 0), 0)
  const shown: TargetView = {
    id,
    number: maskedTarget(target),
    label,
    rung,
    answered,
    accepted: count('accepted', 'connected'),
    refused: count('declined'),
    failed: count('failed', 'badNumber'),
    byResult,
    byReason,
    lastRungAt,
    lastAcceptedAt: lastAcceptedAt ?? null,
    watchedSince: watchedSince ?? null,
    failures,
    standsToday,
  }
  // A reason phrase is the far end's to choose: some put the number into it.
  return withoutTargets(shown, [target])
}
