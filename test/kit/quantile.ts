/** The exact quantile of durations, to check those from buckets. @returns undefined for none */
export function quantile(sorted: readonly number[], q: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]
}
