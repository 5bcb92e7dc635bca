import type { Directory } from '../directory/model.js'
import { maskedTarget, withoutTargets } from '../directory/masking.js'
import type { Actor } from '../facts/actor.js'
import { isTargetCursor, type StoredTarget, type TargetPage } from '../store/questions/list-targets.js'
import type { Store } from '../store/store.js'
import type { TargetFigures } from '../watch-list/target-figures.js'
import type { WatchList } from '../watch-list/watch-list.js'
import { asked, bad, done, refused, type Refused, type Result } from './result.js'
import { rotaPlacesToday, type RotaPlace } from './rota-places.js'
import { TargetIds } from './target-ids.js'

export interface WatchListParts {
  readonly watchList: Pick<WatchList, 'size' | 'clear'>
  readonly store: Pick<Store, 'targets' | 'watched' | 'target'>
  readonly directory: () => Directory
  /** Wall-clock ms. */
  readonly now: () => number
}

export interface TargetsAsked {
  readonly limit: number
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined
}

/** A telephone that is rung: its number masked everywhere, in the far end's words too. */
export interface TargetView extends Pick<TargetFigures, 'label' | 'rung' | 'answered' | 'byResult' | 'byReason' | 'lastRungAt'> {
  /** Its id until the engine restarts; does not reveal its number. */
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

export interface TargetsPage {
  readonly targets: readonly TargetView[]
  readonly nextCursor: string | null
}

/** How often rotas are scanned: 2,000 rotas take some 30 ms, in which no call is served. */
const placesMs = 60_000

/** Failing telephones, with the evidence and the way back; and the record of every telephone. */
export function watchListOperations({ watchList, store, directory, now }: WatchListParts) {
  const ids = new TargetIds()
  let known: { readonly directory: Directory; readonly until: number; readonly places: ReturnType<typeof rotaPlacesToday> } | undefined

  return {
    /** Those on the watch list, the latest first. */
    watched: (query: TargetsAsked) => page(query, (one) => store.watched(one)),

    /** Every telephone that was rung. */
    all: (query: TargetsAsked) => page(query, (one) => store.targets(one)),

    /** How many are on the watch list. */
    get size(): number {
      return watchList.size
    },

    async find(id: string): Promise<Result<TargetView, 'targetNotFound' | 'storeUnavailable'>> {
      const found = await stored(id)
      return found.kind === 'refused' ? found : done(viewOf(found.value))
    },

    /**
     * Takes a telephone off the watch list: it is again rung in its turn.
     * @param why kept with it
     * @returns its new state
     */
    async clear(actor: Actor, id: string, why?: string): Promise<Result<TargetView, 'targetNotFound' | 'notWatched' | 'storeUnavailable'>> {
      const found = await stored(id)
      if (found.kind === 'refused') return found
      const target = found.value
      const cleared = await asked(watchList.clear(target.target, actor, why))
      if (cleared.kind === 'refused') return cleared
      if (!cleared.value) return refused('notWatched', `This telephone of ${target.label} is not on the watch list; nothing was changed.`)
      const now = await asked(store.target(target.id))
      return now.kind === 'refused' ? now : done(viewOf(now.value ?? target))
    },
  }

  async function stored(id: string): Promise<Result<StoredTarget, 'targetNotFound' | 'storeUnavailable'>> {
    const row = ids.rowOf(id)
    const found = row === undefined ? done(undefined) : await asked(store.target(row))
    if (found.kind === 'refused') return found
    return found.value ? done(found.value) : noTarget
  }

  async function page(
    { limit, cursor }: TargetsAsked,
    ask: (query: { limit: number; cursor?: string }) => Promise<TargetPage>,
  ): Promise<Result<TargetsPage, 'badInput' | 'storeUnavailable'>> {
    if (cursor !== undefined && !isTargetCursor(cursor))
      return bad('cursor is none that this API gave out; leave it out to begin at the first page.', 'cursor')
    const found = await asked(ask({ limit, ...(cursor === undefined ? {} : { cursor }) }))
    return found.kind === 'refused' ? found : done({ targets: found.value.targets.map(viewOf), nextCursor: found.value.next ?? null })
  }

  function placesNow(): ReturnType<typeof rotaPlacesToday> {
    const at = now()
    if (known?.directory !== directory() || known.until < at)
      known = { directory: directory(), until: at + placesMs, places: rotaPlacesToday(directory(), at) }
    return known.places
  }

  function viewOf(one: StoredTarget): TargetView {
    return view(one, ids.idOf(one.id), placesNow().get(one.target) ?? [])
  }
}

export type WatchListOperations = ReturnType<typeof watchListOperations>

const noTarget: Refused<'targetNotFound'> = refused('targetNotFound', 'No telephone has this id now.')

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
  // The far end chooses the reason phrase: some put the number into it.
  return withoutTargets(shown, [target])
}
