import type { CallEvent, EventLog } from '../calls/events.js'
import { follow, shown, type LiveCall, type LiveNames, type TrackedCall } from './live-call.js'

export type { LiveCall, LiveNames, LiveStage } from './live-call.js'

/** A call that is new or changed, or one that is over (`event` is its `call.ended`). */
export type LiveChange = { readonly kind: 'call'; readonly call: LiveCall } | { readonly kind: 'over'; readonly callId: string; readonly event: CallEvent }

/** Every call now, read off the events, in memory. */
export interface LiveBoard {
  /** Longest first. */
  calls(): readonly LiveCall[]
  /** Told of every change, at once. @returns stops it */
  subscribe(listener: (change: LiveChange) => void): () => void
  close(): void
}

/**
 * @param names asked when a call arrives and when its line is chosen
 * @param clock monotonic ms, for how long things have lasted; wall-clock ms, for calls of which it is told late
 */
export function createLiveBoard(log: Pick<EventLog, 'subscribe'>, names: LiveNames, clock: { monotonic(): number; now(): number } = { monotonic: () => performance.now(), now: Date.now }): LiveBoard {
  const monotonic = () => clock.monotonic()
  // Calls arrive in order, and a Map keeps it: the longest is the first.
  const tracked = new Map<string, TrackedCall & { readonly beganAt: number }>()
  const listeners = new Set<(change: LiveChange) => void>()

  const unsubscribe = log.subscribe((event) => {
    const before = tracked.get(event.callId)
    const after = follow(before, event, names)
    if (after === before) return
    const beganAt = before?.beganAt ?? monotonic() - (event.elapsedMs ?? Math.max(0, clock.now() - event.at))
    if (after) tracked.set(event.callId, { ...after, beganAt })
    else tracked.delete(event.callId)
    const change: LiveChange = after ? { kind: 'call', call: shown(after, monotonic() - beganAt) } : { kind: 'over', callId: event.callId, event }
    for (const listener of listeners) listener(change)
  })

  return {
    calls() {
      const now = monotonic()
      return [...tracked.values()].map((call) => shown(call, now - call.beganAt))
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      unsubscribe()
      listeners.clear()
      tracked.clear()
    },
  }
}
