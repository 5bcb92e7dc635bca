import type { Logger } from 'pino'
import type { Desk } from '../calls/desk.js'
import type { Switch } from '../switch/port.js'
import { whenReady } from '../switch/drachtio/connect.js'
import type { Kept } from './kept.js'

/** Servers that are not there when the engine starts are waited for this long: whoever talks may still be there. */
const patienceMs = 30_000

/** Goes on with the calls of an engine that died, as far as anybody is still on the line; the others are closed as interrupted. Never rejects. */
export async function takeOverLeft({ kept, desk, telephone, log }: { readonly kept: Kept; readonly desk: Desk; readonly telephone: Switch; readonly log: Logger }): Promise<void> {
  const { left, store, recordings } = kept
  if (left.size === 0) return
  try {
    await whenReady(telephone, patienceMs)
    const ids = [...left.keys()]
    const results = await Promise.all(ids.map(async (callId) => ({ callId, ...(await desk.takeOver(left.get(callId) ?? [])) })))
    for (const result of results) if (result.kind === 'left') log.warn({ call: result.callId, why: result.why }, 'a call of an engine that died cannot be gone on with')
    const goneOnWith = new Set(results.filter(({ kind }) => kind === 'takenOver').map(({ callId }) => callId))
    if (goneOnWith.size > 0) log.warn({ calls: [...goneOnWith] }, 'calls of an engine that died go on')
    const lost = new Set(ids.filter((callId) => !goneOnWith.has(callId)))
    left.clear()
    if (lost.size === 0) return
    const closed = await store.closeInterrupted((callId) => !lost.has(callId))
    log.warn({ calls: closed }, 'calls that the last run left open were closed as interrupted')
    await recordings.recover((callId) => goneOnWith.has(callId))
  } catch (error) {
    log.error({ err: error }, 'calls of an engine that died could not be gone on with')
  }
}
