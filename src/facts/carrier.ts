import type { CallEvent } from './events.js'

/** Name of the engine that carries a call, or carried it last. @param events of the call, in order; undefined where there are none */
export function carrierOf(events: readonly CallEvent[]): string | undefined {
  return events.findLast(({ type }) => type === 'call.takenOver')?.node ?? events[0]?.node
}
