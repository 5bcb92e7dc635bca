import type { AttemptResult } from '../facts/events.js'
import type { DialFault } from '../switch/port.js'
import { afterClearing, afterRinging, defaultWatchRule, goodStanding, type Standing } from './failing-telephone.js'

/** What is known of one telephone: every ringing of it, counted. */
export interface TargetFigures extends Standing {
  /** Number or `sip:` address, as it was dialled. For the rota's keeper, never for a caller. */
  readonly target: string
  /** Whose telephone it was last rung as. */
  readonly candidate: string
  readonly label: string
  readonly rung: number
  readonly answered: number
  readonly byResult: Readonly<Partial<Record<AttemptResult, number>>>
  /** Ringings that came to nothing, by SIP status, or by whose fault it was where there is none: `badNumber 404`, `failed trunk`. */
  readonly byReason: Readonly<Record<string, number>>
  /** Wall-clock ms. */
  readonly lastRungAt: number
  readonly lastAcceptedAt: number | undefined
}

/** What happens to a telephone, by itself: which one it is, whoever tells it says. */
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
    // A machine whose clock was set back told of it later; the latest instant counts, whatever the order.
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
