import { createHmac, randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { TargetFigures } from '../calls/target-history.js'
import type { WatchList } from '../calls/watch-list.js'
import type { Directory } from '../directory/model.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'
import { maskedTarget, withoutTargets } from './masking.js'
import { rotaPlacesToday, type RotaPlace } from './rota-lines-today.js'
import { refusalsOfChanging, refusalsOfReading } from './refusals.js'
import { targetParams, targetsAnswer, targetsQuery, watchListAnswer, watchedAnswer } from './watch-list-schemas.js'

export interface WatchListRoutesOptions {
  readonly watchList: Pick<WatchList, 'figures' | 'watched' | 'clear'>
  readonly directory: () => Directory
  /** Wall-clock ms. Default: the system's. */
  readonly now?: () => number
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
export function watchListRoutes(app: FastifyInstance, { watchList, directory, now = Date.now }: WatchListRoutesOptions): void {
  // Telephone numbers are few enough to be guessed back from a plain hash. Another key at every start: an old page clears nobody by mistake.
  const key = randomBytes(32)
  const idOf = (target: string) => createHmac('sha256', key).update(target).digest('base64url').slice(0, 22)

  let known: { readonly directory: Directory; readonly until: number; readonly places: ReturnType<typeof rotaPlacesToday> } | undefined
  const placesNow = () => {
    const at = now()
    if (known?.directory !== directory() || known.until < at) known = { directory: directory(), until: at + placesMs, places: rotaPlacesToday(directory(), at) }
    return known.places
  }

  const views = (all: readonly TargetFigures[]): readonly TargetView[] => {
    if (all.length === 0) return []
    const places = placesNow()
    return all.map((figures) => view(figures, idOf(figures.target), places.get(figures.target) ?? []))
  }

  app.get(
    '/api/watch-list',
    {
      schema: {
        operationId: 'getWatchList',
        summary: 'Telephones that failed several times in a row',
        description: 'With the evidence: each failure with its call, and where the telephone stands today. They are rung after the others. Numbers are masked.',
        tags: ['watch list'],
        response: { 200: watchListAnswer, ...refusalsOfReading() },
      },
    },
    () => ({ now: now(), watched: views([...watchList.watched()].sort((a, b) => (b.watchedSince ?? 0) - (a.watchedSince ?? 0))) }),
  )

  app.post<{ Params: { readonly id: string } }>(
    '/api/watch-list/:id/clear',
    {
      schema: {
        operationId: 'clearWatched',
        summary: 'Take a telephone off the watch list',
        description: 'It is rung in its turn again, and comes back when it fails as often again. The id is that of an entry of GET /api/watch-list.',
        tags: ['watch list'],
        params: targetParams,
        response: { 200: watchedAnswer, ...refusalsOfChanging('badRequest', 'targetNotFound', 'notWatched', 'storeUnavailable') },
      },
    },
    async ({ params }) => {
      const found = watchList.figures().find(({ target }) => idOf(target) === params.id)
      if (!found) throw new ApiError('targetNotFound', 'No telephone has this id now; ids are those of GET /api/watch-list, and change when the engine restarts.')
      if (!(await asked(watchList.clear(found.target)))) throw new ApiError('notWatched', `This telephone of ${found.label} is not on the watch list; nothing was changed.`)
      const [cleared] = views(watchList.figures().filter(({ target }) => target === found.target))
      return { target: cleared }
    },
  )

  app.get<{ Querystring: { readonly limit?: number; readonly offset?: number } }>(
    '/api/targets',
    {
      schema: {
        operationId: 'listTargets',
        summary: 'How every telephone that was rung fares',
        description: 'Answered, accepted, refused, failed, by result and reason. Those on the watch list come first. Numbers are masked.',
        tags: ['watch list'],
        querystring: targetsQuery,
        response: { 200: targetsAnswer, ...refusalsOfReading('badRequest') },
      },
    },
    ({ query }) => {
      const { limit = 200, offset = 0 } = query
      const all = watchList.figures()
      return { now: now(), total: all.length, targets: views(all.slice(offset, offset + limit)) }
    },
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
