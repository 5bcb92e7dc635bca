/**
 * Durations as counts in buckets, which can be added up over days and lines and still give median and percentiles. Each bucket is at most 2 % wide, so a
 * quantile is at most 1 % off (as DDSketch has it: Masson, Rim, Lee, VLDB 2019); shorter than a tenth of a second all are one.
 */
const growth = Math.log(1.02)
const minMs = 100

/** @returns the bucket of a duration, from 0 on */
export function bucketOf(ms: number): number {
  return ms <= minMs ? 0 : Math.ceil(Math.log(ms / minMs) / growth)
}

/** @returns the middle of a bucket, ms */
export function middleOf(bucket: number): number {
  if (bucket === 0) return minMs / 2
  const upper = minMs * Math.exp(bucket * growth)
  return (upper + upper / Math.exp(growth)) / 2
}

/**
 * @param counts how many durations there are in each bucket
 * @param q 0.5: the median
 * @returns ms; undefined if there are none
 */
export function quantileOf(counts: ReadonlyMap<number, number>, q: number): number | undefined {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let left = Math.max(1, Math.ceil(q * total))
  const sorted = [...counts].sort(([a], [b]) => a - b)
  for (const [bucket, count] of sorted) {
    left -= count
    if (left <= 0) return middleOf(bucket)
  }
  return undefined
}
