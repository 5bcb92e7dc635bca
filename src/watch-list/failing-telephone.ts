import type { AttemptResult } from '../facts/events.js'
import type { DialFault } from '../switch/port.js'

/** What became of one ringing of a telephone. */
export interface Ringing {
  readonly callId: string
  /** Wall-clock ms. */
  readonly at: number
  readonly result: AttemptResult
  readonly status?: number
  readonly reason?: string
}

/** How a telephone stands with the watch list. */
export interface Standing {
  /** The ringings that failed since anybody was last reached there, oldest first; at most as many as are kept. */
  readonly failures: readonly Ringing[]
  /** On the watch list since then (wall-clock ms): it failed so many times in a row that it is rung after the good ones, until it is a success or cleared by hand. */
  readonly watchedSince: number | undefined
  /** When it was last cleared by hand; what failed before that is forgotten, whenever it becomes known. */
  readonly clearedAt: number | undefined
}

export interface WatchRule {
  /** So many failures in a row put a telephone on the list. */
  readonly failuresInARow: number
}

export const defaultWatchRule: WatchRule = { failuresInARow: 3 }

/** Evidence that is kept of one telephone. */
const keptFailures = 10

export const goodStanding: Standing = { failures: [], watchedSince: undefined, clearedAt: undefined }

type Sign = 'reached' | 'failed' | 'neutral'

/**
 * What a ringing says of the telephone itself. Nobody has the number, it cannot be reached, or it is always a voicemail: failed. A
 * person was there: reached. Everything else says nothing: they were busy, out of earshot, or we had rung off.
 */
export function signOf(result: AttemptResult, fault: DialFault | undefined): Sign {
  switch (result) {
    case 'accepted':
    case 'connected':
    case 'declined':
      return 'reached'
    case 'badNumber':
    case 'notAccepted':
      return 'failed'
    case 'failed':
      // Our own or a trunk's fault is no evidence against a telephone.
      return fault === 'farEnd' ? 'failed' : 'neutral'
    case 'busy':
    case 'unavailable':
    case 'noAnswer':
    case 'answeredThenHungUp':
    case 'cancelled':
      return 'neutral'
  }
}

/** After one more ringing. Pure; the same object where nothing has changed. */
export function afterRinging(
  before: Standing,
  { callId, at, result, status, reason, fault }: Ringing & { readonly fault?: DialFault },
  rule: WatchRule,
): Standing {
  const sign = signOf(result, fault)
  if (sign === 'reached') return before.failures.length === 0 ? before : { ...goodStanding, clearedAt: before.clearedAt }
  if (sign === 'neutral' || (before.clearedAt !== undefined && at <= before.clearedAt)) return before
  const failure: Ringing = { callId, at, result, ...(status === undefined ? {} : { status }), ...(reason === undefined ? {} : { reason }) }
  return judged({ ...before, failures: [...before.failures, failure].slice(-keptFailures) }, rule)
}

/** After it was cleared by hand at `at` (wall-clock ms): what failed later stays as evidence. Pure. @returns undefined when it was not on the list */
export function afterClearing(before: Standing, at: number, rule: WatchRule): Standing | undefined {
  if (before.watchedSince === undefined) return undefined
  return judged({ failures: before.failures.filter((failure) => failure.at > at), watchedSince: undefined, clearedAt: at }, rule)
}

function judged(standing: Standing, rule: WatchRule): Standing {
  const last = standing.failures.at(-1)
  return standing.watchedSince !== undefined || last === undefined || standing.failures.length < rule.failuresInARow
    ? standing
    : { ...standing, watchedSince: last.at }
}
