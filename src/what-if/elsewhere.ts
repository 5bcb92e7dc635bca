import type { PastRinging } from '../store/past-ringing.js'
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
