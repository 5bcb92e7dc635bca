import type { CallEvent } from '../facts/events.js'

/**
 * Facts of many calls in the order in which they happened, as far as it can be known: within a call by `seq`, whatever the machine's clock was set to
 * meanwhile; between calls by their instants.
 * @param events by their instants
 */
export function inOrder(events: readonly CallEvent[]): readonly CallEvent[] {
  if (isInOrder(events)) return events
  const calls = new Map<string, CallEvent[]>()
  for (const event of events) {
    const ofCall = calls.get(event.callId)
    if (ofCall) ofCall.push(event)
    else calls.set(event.callId, [event])
  }
  const placed: { readonly at: number; readonly event: CallEvent }[] = []
  for (const ofCall of calls.values()) {
    let at = -Infinity
    for (const event of ofCall.sort((a, b) => a.seq - b.seq)) {
      // No fact of a call came before an earlier one: its clock was set back.
      at = Math.max(at, event.at)
      placed.push({ at, event })
    }
  }
  // Stable: facts of one call and one moment stay in order.
  return placed
    .sort((a, b) => a.at - b.at || (a.event.callId < b.event.callId ? -1 : a.event.callId > b.event.callId ? 1 : 0))
    .map(({ event }) => event)
}

function isInOrder(events: readonly CallEvent[]): boolean {
  const last = new Map<string, number>()
  for (const { callId, seq } of events) {
    if (seq < (last.get(callId) ?? 0)) return false
    last.set(callId, seq)
  }
  return true
}
