import type { Turns } from '../fleet/turns.js'
import type { Store } from '../store/store.js'
import type { Ground } from './ground.js'

const everyMs = 60 * 60_000

/** Once an hour the store makes its partitions ahead of time (`months.ts`), by one of all engines. The start has done it already, and a partition that comes late costs nothing but order. */
export function keepStoreUpRegularly({ log, opened }: Ground, store: Store, turns: Turns | undefined): void {
  let working: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    working = (turns ? turns.inTurn('upkeep', () => store.upkeep()) : store.upkeep()).catch((error: unknown) =>
      log.warn({ err: error }, 'the store could not make ahead what it has to have'),
    )
  }, everyMs)
  timer.unref()
  opened.push('the upkeep of the store', async () => {
    clearInterval(timer)
    await working
  })
}
