import type { CallEvent } from '../facts/events.js'
import { afterClearing, afterRinging, defaultWatchRule, goodStanding, type Standing, type WatchRule } from './failing-telephone.js'
import type { RungBefore } from './rung-before.js'

/** A telephone with a failed attempt, and its state. */
export interface FailingTarget extends Standing {
  /** Number or `sip:` address, as it was dialled. For the rota's keeper, never for a caller. */
  readonly target: string
  /** The owner's name when last rung. */
  readonly label: string
}

/** Called when a telephone goes on or comes off the watch list. */
export type WatchListener = (target: FailingTarget, change: 'watched' | 'cleared') => void

/**
 * The past that decides the order of a hunt, in memory: failing telephones, and when people were last rung. It grows with failing telephones
 * and people on rotas, not with calls. Feed it the running engine's facts; the rest is restored.
 */
export class TargetHistory implements RungBefore {
  readonly #rule: WatchRule
  /** Telephones with failures since their last success. */
  readonly #failing = new Map<string, FailingTarget>()
  readonly #candidates = new Map<string, number>()
  /** Running attempts: the telephone of each, and its owner. */
  readonly #running = new Map<string, { readonly target: string; readonly label: string }>()
  readonly #listeners = new Set<WatchListener>()
  readonly #failingListeners = new Set<() => void>()

  constructor(rule: WatchRule = defaultWatchRule) {
    this.#rule = rule
  }

  /** @returns stops it */
  onWatch(listener: WatchListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Called when this engine has seen a telephone's state change. @returns stops it */
  onFailing(listener: () => void): () => void {
    this.#failingListeners.add(listener)
    return () => this.#failingListeners.delete(listener)
  }

  /** Restores the state from before the stop. */
  restore(target: FailingTarget): void {
    this.#failing.set(target.target, target)
  }

  /** @param at wall-clock ms at which this candidate was last rung before the start */
  restoreRung(candidate: string, at: number): void {
    this.#candidates.set(candidate, Math.max(at, this.#candidates.get(candidate) ?? at))
  }

  /** Takes over the state written by all engines, and reports others' changes as if seen here. @param failing all failing telephones */
  follow(failing: readonly FailingTarget[]): void {
    const there = new Set(failing.map(({ target }) => target))
    for (const before of [...this.#failing.values()]) {
      if (there.has(before.target)) continue
      this.#failing.delete(before.target)
      if (before.watchedSince !== undefined) this.#tell(before, 'cleared')
    }
    for (const now of failing) {
      const before = this.#failing.get(now.target)
      if (before?.failures.length === now.failures.length && before.watchedSince === now.watchedSince) continue
      this.#keep(now)
      if (before?.watchedSince === undefined && now.watchedSince !== undefined) this.#tell(now, 'watched')
      if (before?.watchedSince !== undefined && now.watchedSince === undefined) this.#tell(before, 'cleared')
    }
  }

  apply(event: CallEvent): void {
    switch (event.type) {
      case 'attempt.started':
        // A patient's or a practice's telephone is on no rota.
        if (event.pool === 'direct') return
        this.#candidates.set(event.candidate, Math.max(event.at, this.#candidates.get(event.candidate) ?? event.at))
        this.#running.set(event.attempt, event)
        return
      case 'attempt.ended': {
        const rung = this.#running.get(event.attempt)
        this.#running.delete(event.attempt)
        if (rung) this.#ended(rung, event)
        return
      }
      default:
    }
  }

  isWatched(target: string): boolean {
    return this.#failing.get(target)?.watchedSince !== undefined
  }

  /** The state of a telephone with failures since its last success. */
  failing(target: string): FailingTarget | undefined {
    return this.#failing.get(target)
  }

  /** Those on the watch list. */
  watched(): readonly FailingTarget[] {
    return [...this.#failing.values()].filter(({ watchedSince }) => watchedSince !== undefined)
  }

  /** Wall-clock ms at which this candidate was last rung. */
  lastRungAt(candidate: string): number | undefined {
    return this.#candidates.get(candidate)
  }

  /**
   * Takes a telephone off the watch list by hand.
   * @param at wall-clock ms of that; what failed later stays as evidence. Default: all of it is forgotten
   * @returns false when it was not on it
   */
  clear(target: string, at = Infinity): boolean {
    const before = this.#failing.get(target)
    const after = before && afterClearing(before, at, this.#rule)
    if (!after) return false
    // Off it, and on again if it has failed as often since.
    this.#keep({ ...before, ...after, watchedSince: undefined })
    this.#tell(before, 'cleared')
    if (after.watchedSince !== undefined) {
      this.#keep({ ...before, ...after })
      this.#tell({ ...before, ...after }, 'watched')
    }
    return true
  }

  #ended(
    { target, label }: { readonly target: string; readonly label: string },
    event: Extract<CallEvent, { type: 'attempt.ended' }>,
  ): void {
    const before = this.#failing.get(target) ?? { target, label, ...goodStanding }
    const standing = afterRinging(before, event, this.#rule)
    if (standing === before) return
    // The owner changes only while it is off the list: its alarm has the name.
    const after: FailingTarget = {
      target,
      label: before.watchedSince === undefined ? label : before.label,
      failures: standing.failures,
      watchedSince: standing.watchedSince,
      clearedAt: standing.clearedAt,
    }
    this.#keep(after)
    for (const listener of this.#failingListeners) listener()
    if (before.watchedSince === undefined && after.watchedSince !== undefined) this.#tell(after, 'watched')
    if (before.watchedSince !== undefined && after.watchedSince === undefined) this.#tell(before, 'cleared')
  }

  #keep(target: FailingTarget): void {
    if (target.failures.length === 0) this.#failing.delete(target.target)
    else this.#failing.set(target.target, target)
  }

  #tell(target: FailingTarget, change: 'watched' | 'cleared'): void {
    for (const listener of this.#listeners) listener(target, change)
  }
}
