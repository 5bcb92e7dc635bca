import type { CallEnding, EventLog, CallEvent } from '../facts/events.js'
import type { OthersMap } from '../fleet/shared-map.js'
import { follow, shown, type LiveCall, type LiveNames, type TrackedCall } from './live-call.js'

export type { LiveCall, LiveNames, LiveStage } from './live-call.js'

/** A call that is new or changed, or one that is over (`ending` null: its engine is gone). */
export type LiveChange =
  | { readonly kind: 'call'; readonly call: LiveCall }
  | { readonly kind: 'over'; readonly callId: string; readonly ending: CallEnding | null }

/** What an engine tells the others about one of its calls. `lastedMs`: since its first fact, at the time of telling. */
export type SharedCall = { readonly tracked: TrackedCall; readonly lastedMs: number } | { readonly ending: CallEnding | null }

/** Every call now, of every engine: its own read off the events, those of others as they share them. In memory. */
export interface LiveBoard {
  /** Longest first. */
  calls(): readonly LiveCall[]
  /** A call that another engine carried continues here. @param events its facts up to now, in order */
  resume(events: readonly CallEvent[]): void
  /** Called with every change, at once. @returns stops it */
  subscribe(listener: (change: LiveChange) => void): () => void
  close(): void
}

/** How long the others may take to hear how a call ended, ms. */
const endingKnownMs = 5_000

/**
 * @param names asked when a call arrives and when its line is chosen
 * @param clock monotonic ms, for how long things have lasted; wall-clock ms, for calls reported late
 * @param shared calls of other engines, where there are any
 */
export function createLiveBoard(
  log: Pick<EventLog, 'subscribe'>,
  names: LiveNames,
  clock: { monotonic(): number; now(): number } = { monotonic: () => performance.now(), now: Date.now },
  shared?: OthersMap<SharedCall>,
): LiveBoard {
  const monotonic = () => clock.monotonic()
  // Calls arrive in order, and a Map keeps it: the longest is the first.
  const tracked = new Map<string, TrackedCall & { readonly beganAt: number }>()
  const listeners = new Set<(change: LiveChange) => void>()

  const timers = new Set<NodeJS.Timeout>()
  /** The others hear how it ended before it is gone. */
  function over(callId: string, ending: CallEnding | null): void {
    if (!shared) return
    shared.set(callId, { ending })
    const timer = setTimeout(() => {
      timers.delete(timer)
      shared.delete(callId)
    }, endingKnownMs)
    timers.add(timer.unref())
  }

  /** Calls of the others, with when they began by this engine's clock. */
  const foreign = new Map<string, TrackedCall & { readonly beganAt: number; readonly engine: string }>()
  function hear(callId: string, engine: string, value: SharedCall | undefined): void {
    const told = value !== undefined && 'tracked' in value ? value : undefined
    // A call that this engine has taken over is its own.
    if (tracked.has(callId) || (told === undefined && !foreign.has(callId))) return
    if (told) foreign.set(callId, { ...told.tracked, beganAt: monotonic() - told.lastedMs, engine })
    else foreign.delete(callId)
    const call = foreign.get(callId)
    const change: LiveChange = call
      ? { kind: 'call', call: shownForeign(call) }
      : { kind: 'over', callId, ending: value !== undefined && 'ending' in value ? value.ending : null }
    for (const listener of listeners) listener(change)
  }
  function adopt(callId: string): void {
    const call = foreign.get(callId)
    foreign.delete(callId)
    if (call) tracked.set(callId, call)
  }
  const shownForeign = (call: TrackedCall & { readonly beganAt: number; readonly engine: string }): LiveCall => ({
    ...shown(call, monotonic() - call.beganAt),
    engine: call.engine,
  })
  for (const { engine, key, value } of shared?.others() ?? []) hear(key, engine.name, value)
  const unshare = shared?.onChange(({ engine, key, value }) => hear(key, engine.name, value))

  const take = (event: CallEvent): void => {
    // Its first fact here: it was taken over from an engine that is gone.
    if (foreign.size > 0 && foreign.has(event.callId)) adopt(event.callId)
    const before = tracked.get(event.callId)
    const after = follow(before, event, names)
    if (after === before) return
    const beganAt = before?.beganAt ?? monotonic() - (event.elapsedMs ?? Math.max(0, clock.now() - event.at))
    const ending = event.type === 'call.ended' ? event.ending : null
    if (after) tracked.set(event.callId, { ...after, beganAt })
    else tracked.delete(event.callId)
    if (after) shared?.set(event.callId, { tracked: after, lastedMs: monotonic() - beganAt })
    else over(event.callId, ending)
    const change: LiveChange = after
      ? { kind: 'call', call: shown(after, monotonic() - beganAt) }
      : { kind: 'over', callId: event.callId, ending }
    for (const listener of listeners) listener(change)
  }
  const unsubscribe = log.subscribe(take)

  return {
    calls() {
      const now = monotonic()
      if (foreign.size === 0) return [...tracked.values()].map((call) => shown(call, now - call.beganAt))
      return [...[...tracked.values()].map((call) => shown(call, now - call.beganAt)), ...[...foreign.values()].map(shownForeign)].sort(
        (a, b) => b.lastedMs - a.lastedMs,
      )
    },
    resume(events) {
      for (const event of events) take(event)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      unsubscribe()
      unshare?.()
      for (const timer of timers) clearTimeout(timer)
      listeners.clear()
      tracked.clear()
    },
  }
}
