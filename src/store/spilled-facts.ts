import type { Alarms } from '../alarms/alarms.js'
import type { CallEvent } from '../facts/events.js'
import { SpillFile } from './spill-file.js'
import { questions } from './questions.js'
import type { StoreDatabase } from './database.js'
import { writesTo } from './writes.js'

/** Rows in one message between the threads. */
const rowsPerPage = 1_000

/**
 * Writes what the last run could not, before anything else. Facts that were written after all are recognised. Those of a call that another engine has continued or
 * closed come too late: they would contradict what has happened since.
 */
export async function bringBack(spill: SpillFile, { writing }: StoreDatabase, alarms: Alarms, node: string): Promise<void> {
  const { events, damaged } = await spill.left()
  const writes = writesTo(writing)
  const lost = new Set<string>()
  for (const callId of new Set(events.map((event) => event.callId)))
    if (wasLost(await questions.events.ask(writing.db, callId), node)) lost.add(callId)
  const ours = events.filter((event) => !lost.has(event.callId) || isLaterWork(event))
  for (let start = 0; start < ours.length; start += rowsPerPage) await writes.append(ours.slice(start, start + rowsPerPage))
  if (damaged > 0)
    alarms.raise(
      'store.factsLost',
      `${damaged} facts that the last run kept cannot be read; they lie in ${await spill.setAside(`damaged-${Date.now()}`)}`,
    )
  else if (lost.size > 0)
    alarms.raise(
      'store.factsLost',
      `${events.length - ours.length} facts of ${lost.size} calls that another engine has continued meanwhile; they are in ${await spill.setAside(`too-late-${Date.now()}`)}`,
    )
  else if (events.length > 0) await spill.forget()
}

/** @param events of a call, in order. @returns whether another engine went on with it, or closed it, after this one had it */
function wasLost(events: readonly CallEvent[], node: string): boolean {
  const had = events.findLastIndex(
    (event) => event.node === node && (event.type === 'call.arrived' || event.type === 'call.placed' || event.type === 'call.takenOver'),
  )
  return (
    had >= 0 && events.slice(had).some((event) => event.node !== node && (event.type === 'call.takenOver' || event.type === 'call.ended'))
  )
}

/** What any engine may tell of a call that is over. */
function isLaterWork({ type }: CallEvent): boolean {
  return type === 'outcome.left' || type === 'recording.ready' || type === 'recording.failed' || type === 'recording.deleted'
}
