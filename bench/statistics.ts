/** A distribution in a few figures, in the unit of its values. */
export interface Spread {
  readonly n: number
  readonly median: number
  readonly p95: number
  readonly p99: number
  readonly least: number
  readonly most: number
}

/** Quantiles by nearest rank: each is a measured value. */
export function spread(values: readonly (number | undefined)[]): Spread {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
  return { n: sorted.length, median: at(0.5), p95: at(0.95), p99: at(0.99), least: at(0), most: at(1) }
}

/** Three figures that matter, for people and JSON alike. */
export function rounded(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return Number(value.toFixed(Math.min(digits, 6)))
}

export function roundedSpread({ n, median, p95, p99, least, most }: Spread): Spread {
  return { n, median: rounded(median), p95: rounded(p95), p99: rounded(p99), least: rounded(least), most: rounded(most) }
}
