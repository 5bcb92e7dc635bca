import type { AttemptResult } from '../facts/events.js'
import type { DialFault } from '../switch/port.js'
import { afterClearing, afterRinging, defaultWatchRule, goodStanding, type Standing } from './failing-telephone.js'

/** The figures of one telephone: every attempt, counted. */
export interface TargetFigures extends Standing {
  /** Number or `sip:` address, as it was dialled. For the rota's keeper, never for a caller. */
  readonly target: string
  /** The owner's name when last rung. */
  readonly candidate: string
  readonly label: string
  readonly rung: number
  readonly answered: number
  readonly byResult: Readonly<Partial<Record<AttemptResult, number>>>
  /** Unsuccessful attempts, by SIP status, or else by the side at fault: `badNumber 404`, `failed trunk`. */
  readonly byReason: Readonly<Record<string, number>>
  /** Wall-clock ms. */
  readonly lastRungAt: number
  readonly lastAcceptedAt: number | undefined
}

/** A step in a telephone's history; the calling code says which telephone. */
export type RingingStep =
  | { readonly type: 'started'; readonly at: number; readonly candidate: string; readonly label: string }
  | { readonly type: 'answered' }
  | {
      readonly type: 'ended'
      readonly callId: string
      readonly at: number
      readonly result: AttemptResult
      readonly status?: number
      readonly reason?: string
      readonly fault?: DialFault
    }
  /** Taken off the watch list by hand. */
  | { readonly type: 'cleared'; readonly at: number }

/** After one more step; undefined where it was never rung. Pure. */
export function withStep(target: string, before: TargetFigures | undefined, step: RingingStep): TargetFigures | undefined {
  if (step.type === 'started') {
    const { at, candidate, label } = step
    const blank: Omit<TargetFigures, 'candidate' | 'label' | 'lastRungAt'> = {
      target,
      rung: 0,
      answered: 0,
      byResult: {},
      byReason: {},
      lastAcceptedAt: undefined,
      ...goodStanding,
    }
    const known = before ?? blank
    // A machine with a clock set back may report later; the latest instant counts, in any order.
    const latest = before !== undefined && before.lastRungAt > at ? {} : { candidate, label, lastRungAt: at }
    return { candidate, label, lastRungAt: at, ...known, ...latest, rung: known.rung + 1 }
  }
  if (before === undefined) return undefined
  switch (step.type) {
    case 'answered':
      return { ...before, answered: before.answered + 1 }
    case 'ended': {
      const { result, status, fault, at } = step
      const reason = status ?? fault
      return {
        ...before,
        byResult: oneMore(before.byResult, result),
        byReason: reason === undefined ? before.byReason : oneMore(before.byReason, `${result} ${reason}`),
        lastAcceptedAt: result === 'accepted' ? Math.max(at, before.lastAcceptedAt ?? at) : before.lastAcceptedAt,
        ...standingOf(afterRinging(before, step, defaultWatchRule)),
      }
    }
    case 'cleared': {
      const cleared = afterClearing(before, step.at, defaultWatchRule)
      return cleared ? { ...before, ...cleared } : before
    }
  }
}

function standingOf({ failures, watchedSince, clearedAt }: Standing): Standing {
  return { failures, watchedSince, clearedAt }
}

function oneMore<K extends string>(counts: Readonly<Partial<Record<K, number>>>, key: K): Record<K, number> {
  // The computed name widens to any string; it is K and nothing else.
  return { ...counts, [key]: (counts[key] ?? 0) + 1 }
}
