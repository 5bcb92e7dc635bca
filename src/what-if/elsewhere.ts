import { TargetHistory, signOf } from '../calls/target-history.js'
import type { CallFact } from '../calls/events.js'
import type { PastRinging } from '../store/period-queries.js'
import type { HuntedCall } from './recorded.js'

/** Somebody is rung or spoken to by a call that is not replayed. Wall-clock ms. */
export interface Engagement {
  readonly from: number
  readonly to: number
  /** As reservations name them. */
  readonly keys: readonly string[]
}

/**
 * When the people of a line were busy with calls that are not replayed (other lines', and those left out), as far as a replayed hunt could
 * notice it.
 * @param longestHuntMs nobody is rung later than this after the beginning of a hunt
 */
export function engagements(ringings: readonly PastRinging[], calls: readonly HuntedCall[], longestHuntMs: number): readonly Engagement[] {
  const replayed = new Set(calls.map(({ callId }) => callId))
  const starts = calls.map(({ huntAt }) => huntAt)
  const found: Engagement[] = []
  for (const ringing of ringings) {
    if (replayed.has(ringing.callId)) continue
    const { startedAt: from, endedAt, callEndedAt, candidate, target, result } = ringing
    const to = result === 'accepted' || result === 'connected' ? Math.max(endedAt, callEndedAt ?? endedAt) : endedAt
    // The first hunt that is not over when the engagement begins; it matters when that one starts before the engagement is over.
    const next = starts[firstAtLeast(starts, from - longestHuntMs)]
    if (to > from && next !== undefined && next < to) found.push({ from, to, keys: [candidate, `target:${target}`] })
  }
  return found.sort((a, b) => a.from - b.from)
}

/** @returns the index of the first value that is not less; the length where there is none */
function firstAtLeast(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

/** What a replay begins with: who was rung last when, and whose telephone is on the watch list. Facts of ringings before the period. */
export type Before = readonly { readonly at: number; readonly attempt: string; readonly facts: readonly CallFact[] }[]

/** So many failures in a row are evidence enough for the watch list, whatever came before them. */
const keptFailures = 10

/**
 * Of all the ringings before the period those that still matter at its beginning: for each telephone the failures since anybody was last
 * reached there, and the last ringing.
 * @param ringings oldest first
 */
export function beforeThePeriod(ringings: readonly PastRinging[]): Before {
  const kept = new Map<string, { failures: PastRinging[]; last: PastRinging }>()
  for (const ringing of ringings) {
    if (ringing.pool === 'direct') continue
    const known = kept.get(ringing.target) ?? { failures: [], last: ringing }
    kept.set(ringing.target, known)
    known.last = ringing
    const sign = signOf(ringing.result, faultOf(ringing))
    if (sign === 'reached') known.failures = []
    if (sign === 'failed') known.failures = [...known.failures, ringing].slice(-keptFailures)
  }
  const mattering = new Set([...kept.values()].flatMap(({ failures, last }) => [...failures, last]))
  return [...mattering].sort((a, b) => a.startedAt - b.startedAt).map((ringing) => ({ at: ringing.startedAt, attempt: ringing.attempt, facts: factsOf(ringing) }))
}

/** A history that begins so. */
export function historyAfter(before: Before): TargetHistory {
  const history = new TargetHistory()
  for (const { at, attempt, facts } of before) for (const fact of facts) history.apply({ callId: attempt, seq: 0, at, ...fact })
  return history
}

function factsOf(ringing: PastRinging): readonly CallFact[] {
  const { attempt, candidate, label, pool, target, result } = ringing
  const fault = faultOf(ringing)
  return [
    { type: 'attempt.started', attempt, candidate, label, pool, target },
    { type: 'attempt.ended', attempt, result, ...(fault === undefined ? {} : { fault }) },
  ]
}

/** The lists do not say whose fault a failure was; it is then no evidence against the telephone, here as in the replay. */
export function faultOf({ result }: { readonly result: PastRinging['result'] }): 'indeterminate' | undefined {
  return result === 'failed' ? 'indeterminate' : undefined
}
