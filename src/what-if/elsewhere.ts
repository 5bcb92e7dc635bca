import type { PastRinging } from '../store/past-ringing.js'
import type { HuntedCall } from './recorded.js'

/** A specialist is rung by, or talks in, a call that is not replayed. Wall-clock ms. */
export interface Engagement {
  readonly from: number
  readonly to: number
  /** As reservations name them. */
  readonly keys: readonly string[]
}

/**
 * When a line's people were busy with calls not replayed (other lines', and those left out), as far as a replayed hunt could
 * notice it.
 * @param longestHuntMs nobody is rung later than this after a hunt begins
 */
export function engagements(ringings: readonly PastRinging[], calls: readonly HuntedCall[], longestHuntMs: number): readonly Engagement[] {
  const replayed = new Set(calls.map(({ callId }) => callId))
  const starts = calls.map(({ huntAt }) => huntAt)
  const found: Engagement[] = []
  for (const ringing of ringings) {
    if (replayed.has(ringing.callId)) continue
    const { startedAt: from, endedAt, callEndedAt, candidate, target, result } = ringing
    const to = result === 'accepted' || result === 'connected' ? Math.max(endedAt, callEndedAt ?? endedAt) : endedAt
    // The first hunt still running when the engagement begins; it matters if that hunt starts before the engagement ends.
    const next = starts[firstAtLeast(starts, from - longestHuntMs)]
    if (to > from && next !== undefined && next < to) found.push({ from, to, keys: [candidate, `target:${target}`] })
  }
  return found.sort((a, b) => a.from - b.from)
}

/** @returns the index of the first value that is not less; the length if there is none */
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
