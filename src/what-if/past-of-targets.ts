import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent } from '../facts/events.js'
import type { PastRinging } from '../store/past-ringing.js'
import type { RungBefore } from '../watch-list/rung-before.js'
import { TargetHistory } from '../watch-list/target-history.js'

/**
 * The recorded past that decides the order of a hunt: when each telephone was on the watch list, and when everybody was last rung before
 * the period. A replay takes the watch list from here. It is a chain of chances (a number once on it is rung last, so seldom, so it stays
 * there), and redrawing it would compare one such chain with another.
 */
export class PastOfTargets {
  readonly #lastRungAt = new Map<string, number>()
  readonly #watched = new Map<string, { readonly from: number; to: number }[]>()
  readonly #rung = new Set<string>()

  /**
   * @param ringings all known attempts, at any time
   * @param from start of the period, wall-clock ms
   */
  constructor(ringings: readonly PastRinging[], from: number) {
    const history = new TargetHistory()
    let now = 0
    history.onWatch(({ target }, change) => {
      const spells = this.#watched.get(target) ?? []
      this.#watched.set(target, spells)
      const last = spells.at(-1)
      if (change === 'watched') spells.push({ from: now, to: Number.POSITIVE_INFINITY })
      else if (last !== undefined) last.to = now
    })
    for (const event of eventsOf(ringings)) {
      now = event.at
      history.apply(event)
    }
    for (const { pool, target, candidate, startedAt } of ringings) {
      if (pool === 'direct') continue
      this.#rung.add(target)
      if (startedAt < from) this.#lastRungAt.set(candidate, Math.max(startedAt, this.#lastRungAt.get(candidate) ?? 0))
    }
  }

  /** Whether a telephone was on the watch list at this instant (wall-clock ms). Undefined for one that was never rung. */
  wasWatched(target: string, atMs: number): boolean | undefined {
    if (!this.#rung.has(target)) return undefined
    return this.#watched.get(target)?.some(({ from, to }) => from < atMs && atMs <= to) ?? false
  }

  /** Whether it was on the list at any moment from `from` to before `to`. */
  wasWatchedBetween(target: string, from: number, to: number): boolean {
    return this.#watched.get(target)?.some((spell) => spell.from < to && spell.to >= from) ?? false
  }

  /** Wall-clock ms at which this candidate was last rung before the period. */
  lastRungBefore(candidate: string): number | undefined {
    return this.#lastRungAt.get(candidate)
  }
}

/**
 * The past for a replayed hunt: when people were rung, in the replay and before it; the watch list from the
 * record, or from the replay for telephones missing from the record.
 * @param replayed fed with the facts of the replay
 * @param now wall-clock ms of the replay
 */
export function rungBefore(past: PastOfTargets, replayed: TargetHistory, now: () => number): RungBefore {
  return {
    lastRungAt: (candidate) => replayed.lastRungAt(candidate) ?? past.lastRungBefore(candidate),
    isWatched: (target) => past.wasWatched(target, now()) ?? replayed.isWatched(target),
  }
}

function eventsOf(ringings: readonly PastRinging[]): readonly CallEvent[] {
  const events: CallEvent[] = []
  for (const { callId, attempt, candidate, label, pool, target, result, startedAt, endedAt } of ringings) {
    const fault = faultOf({ result })
    events.push({ ...unknownOrigin, callId, seq: 0, at: startedAt, type: 'attempt.started', attempt, candidate, label, pool, target })
    events.push({
      ...unknownOrigin,
      callId,
      seq: 1,
      at: endedAt,
      type: 'attempt.ended',
      attempt,
      result,
      ...(fault === undefined ? {} : { fault }),
    })
  }
  // Stable: at the same moment an attempt's start stays first.
  return events.sort((a, b) => a.at - b.at)
}

/** The lists do not tell whose fault a failure was; so it is no evidence against the telephone, in record and replay alike. */
export function faultOf({ result }: { readonly result: PastRinging['result'] }): 'indeterminate' | undefined {
  return result === 'failed' ? 'indeterminate' : undefined
}
