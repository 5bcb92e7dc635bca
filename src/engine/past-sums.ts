import type { Store } from '../store/store.js'
import type { Ground } from './ground.js'

/** Calls in one transaction, and the pause after it: calls that run now come first. */
const callsAtOnce = 50
const pauseMs = 50
/** After a failure (the disk is full, the server away) it is tried again. */
const againMs = 60_000

/** What sums of months and lists need of calls that an earlier version has written is filled in, in the background. One look, where there are none. */
export function countThePast(store: Pick<Store, 'countPast'>, { log, opened }: Pick<Ground, 'log' | 'opened'>): void {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let counted = 0
  const step = async () => {
    const calls = await store.countPast(callsAtOnce).catch((error: unknown) => {
      log.warn({ err: error }, 'filling in what sums and lists need of the calls of the past failed; tried again in a minute')
      return undefined
    })
    counted += calls ?? 0
    if (calls === 0 && counted > 0) log.info({ calls: counted }, 'sums and lists have what they need of the calls of the past')
    if (calls !== 0 && !closed) timer = setTimeout(() => void step(), calls === undefined ? againMs : pauseMs)
  }
  timer = setTimeout(() => void step(), pauseMs)
  opened.push('counting the past', () => {
    closed = true
    clearTimeout(timer)
  })
}
