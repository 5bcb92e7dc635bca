import type { Alarms } from '../calls/alarms.js'
import { TargetHistory } from '../calls/target-history.js'
import { recall, WatchList } from '../calls/watch-list.js'
import type { Store } from './store.js'

/** How far back what became of ringing somebody still counts. */
const historyMs = 90 * 24 * 60 * 60_000

export interface KeptWatchList {
  /** For the order of a hunt. */
  readonly history: TargetHistory
  readonly watchList: WatchList
  /** Listens no more. */
  close(): void
}

/** The watch list as the store knows it: the ringings of the last 90 days and what was cleared by hand, in the order of time; from then on as things happen. */
export async function openWatchList({ store, alarms, now = Date.now }: { readonly store: Pick<Store, 'log' | 'ledger' | 'attemptEvents'>; readonly alarms: Alarms; readonly now?: () => number }): Promise<KeptWatchList> {
  const history = new TargetHistory()
  const cleared = (await store.ledger.entries('watchList')).filter(({ type }) => type === 'cleared')
  recall(
    history,
    await store.attemptEvents(now() - historyMs),
    cleared.map(({ subject, at }) => ({ target: subject, at })),
  )
  const close = store.log.subscribe((event) => history.apply(event))
  const watchList = new WatchList({ history, alarms, keep: async (target) => (await store.ledger.append('watchList', target, 'cleared', {})).at })
  return { history, watchList, close }
}
