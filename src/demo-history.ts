import type { Settings } from './config/settings.js'
import { inventHistory } from './demo/history.js'
import { loadDirectory } from './directory/load-directory.js'
import { engineName, storePlace } from './store-place.js'
import { openStore } from './store/store.js'

const days = 30
const seed = 960
/** Facts being written at a time. */
const inFlight = 5_000

/**
 * Gives the demo a past, once: as facts, through the store's own API, into a store without a call.
 * @param onBegin called if there is none, before some seconds of work
 * @returns how many calls were invented; undefined: there was a call already, or no valid directory (its errors are reported when it is opened)
 */
export async function giveThePast(settings: Settings, onBegin: () => void, now = Date.now()): Promise<number | undefined> {
  const store = await openStore({
    ...storePlace(settings),
    node: engineName(settings),
    alarms: { raise: () => undefined, clear: () => undefined },
    durableWaitMs: 60_000,
  })
  try {
    if ((await store.calls({ limit: 1 })).calls.length > 0) return undefined
    const parsed = await loadDirectory(settings.directoryFile)
    if (!parsed.ok) return undefined
    onBegin()
    const events = await inventHistory({ directory: parsed.directory, now: now - 60_000, days, seed })
    for (let start = 0; start < events.length; start += inFlight) {
      await Promise.all(
        events
          .slice(start, start + inFlight)
          .map(({ callId, at, seq: _seq, elapsedMs: _elapsed, ...fact }) => store.appendLate(callId, fact, at)),
      )
    }
    return new Set(events.map(({ callId }) => callId)).size
  } finally {
    await store.close()
  }
}
