import type { Alarms } from '../alarms/alarms.js'
import type { Signals } from '../fleet/signals.js'
import type { FailingTarget } from '../watch-list/target-history.js'
import { TargetHistory } from '../watch-list/target-history.js'
import { WatchList } from '../watch-list/watch-list.js'
import type { Store } from './store.js'

/** A candidate rung longer ago than this counts as never rung. */
const historyMs = 90 * 24 * 60 * 60_000

export interface KeptWatchList {
  /** For the order of a hunt. */
  readonly history: TargetHistory
  readonly watchList: WatchList
  /** Stops listening. */
  close(): void
}

export interface WatchListPlace {
  readonly store: Pick<Store, 'log' | 'failingTargets' | 'rungCandidates' | 'clearTarget'>
  readonly alarms: Alarms
  readonly now?: () => number
  /** Where other engines ring the same telephones. */
  readonly signals?: Signals | undefined
}

/** Other engines are told when the facts of this one are on the disk. */
const tellAfterMs = 300
/** The last ringing of a candidate is worth no signal. */
const lookEveryMs = 15_000

/** The watch list from the store; from then on updated as calls happen, here and at other engines. */
export async function openWatchList({ store, alarms, now = Date.now, signals }: WatchListPlace): Promise<KeptWatchList> {
  const history = new TargetHistory()
  for await (const { target, label, failures, watchedSince, clearedAt } of store.failingTargets())
    history.restore({ target, label, failures, watchedSince, clearedAt })
  for await (const { candidate, lastRungAt } of store.rungCandidates(now() - historyMs)) history.restoreRung(candidate, lastRungAt)
  const closes = [store.log.subscribe((event) => history.apply(event))]
  const watchList = new WatchList({
    history,
    alarms,
    async keep(target, actor, why) {
      const at = await store.clearTarget(target, actor, why)
      signals?.tell('watchList')
      return at
    },
  })
  if (signals) closes.push(followOthers(history, store, signals, now))
  return {
    history,
    watchList,
    close: () => {
      for (const close of closes) close()
    },
  }
}

/** @returns ends it */
function followOthers(history: TargetHistory, store: WatchListPlace['store'], signals: Signals, now: () => number): () => void {
  let telling: NodeJS.Timeout | undefined
  let looking = Promise.resolve()
  let lookedAt = now()
  const look = () => {
    looking = looking.then(async () => {
      const failing: FailingTarget[] = []
      const from = lookedAt - 2 * lookEveryMs
      lookedAt = now()
      try {
        for await (const { target, label, failures, watchedSince, clearedAt } of store.failingTargets())
          failing.push({ target, label, failures, watchedSince, clearedAt })
        for await (const { candidate, lastRungAt } of store.rungCandidates(from)) history.restoreRung(candidate, lastRungAt)
      } catch {
        // A read that fails now is repeated the next time.
        return
      }
      history.follow(failing)
    })
  }
  const stops = [
    signals.on('watchList', look),
    history.onFailing(() => {
      telling ??= setTimeout(() => {
        telling = undefined
        signals.tell('watchList')
      }, tellAfterMs)
    }),
  ]
  const timer = setInterval(look, lookEveryMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    clearTimeout(telling)
    for (const stop of stops) stop()
  }
}
