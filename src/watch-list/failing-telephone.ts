import type { AttemptResult } from '../facts/events.js'
import type { DialFault } from '../switch/port.js'

/** The result of one attempt at a telephone. */
export interface Ringing {
  readonly callId: string
  /** Wall-clock ms. */
  readonly at: number
  readonly result: AttemptResult
  readonly status?: number
  readonly reason?: string
}

/** A telephone's watch list state. */
export interface Standing {
  /** The failed attempts since the last success, oldest first; bounded. */
  readonly failures: readonly Ringing[]
  /** On the watch list since then (wall-clock ms): it failed so many times in a row that it is rung after the good ones, until a success or until cleared by hand. */
  readonly watchedSince: number | undefined
  /** When it was last cleared by hand; earlier failures are forgotten, even if they become known later. */
  readonly clearedAt: number | undefined
}

export interface WatchRule {
  /** This many failures in a row put a telephone on the list. */
  readonly failuresInARow: number
}

export const defaultWatchRule: WatchRule = { failuresInARow: 3 }

/** How many failures are kept as evidence. */
const keptFailures = 10

export const goodStanding: Standing = { failures: [], watchedSince: undefined, clearedAt: undefined }

type Sign = 'reached' | 'failed' | 'neutral'

/**
 * What an attempt tells about the telephone itself. An unassigned or unreachable number, or voicemail: failed. A
 * person was there: reached. Anything else tells nothing: busy, no answer, or cancelled by us.
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
      // Our own or a trunk's fault does not count against a telephone.
      return fault === 'farEnd' ? 'failed' : 'neutral'
    case 'busy':
    case 'unavailable':
    case 'noAnswer':
    case 'answeredThenHungUp':
    case 'cancelled':
      return 'neutral'
  }
}

/** After one more attempt. Pure; the same object if nothing has changed. */
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
