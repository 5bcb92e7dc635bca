import type { Actor } from '../facts/actor.js'
import type { StoredTarget } from '../store/questions/list-targets.js'
import type { Store } from '../store/store.js'
import type { WatchList } from '../watch-list/watch-list.js'
import { asked, done, refused, type Result } from './result.js'

export interface WatchListParts {
  readonly watchList: Pick<WatchList, 'clear'>
  readonly store: Pick<Store, 'target'>
}

/** What can be done with the telephones that fail. */
export function watchListOperations({ watchList, store }: WatchListParts) {
  return {
    /**
     * Takes a telephone off the watch list: it is rung in its turn again.
     * @param row which one, as the store lists it; undefined: one that nobody knows
     * @returns how it stands now
     */
    async clear(actor: Actor, row: number | undefined): Promise<Result<StoredTarget, 'targetNotFound' | 'notWatched' | 'storeUnavailable'>> {
      const found = row === undefined ? done(undefined) : await asked(store.target(row))
      if (found.kind === 'refused') return found
      const target = found.value
      if (!target) return refused('targetNotFound', 'No telephone has this id now.')
      const cleared = await asked(watchList.clear(target.target, actor))
      if (cleared.kind === 'refused') return cleared
      if (!cleared.value) return refused('notWatched', `This telephone of ${target.label} is not on the watch list; nothing was changed.`)
      const now = await asked(store.target(target.id))
      return now.kind === 'refused' ? now : done(now.value ?? target)
    },
  }
}

export type WatchListOperations = ReturnType<typeof watchListOperations>
