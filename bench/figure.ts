import { rounded, roundedSpread, type Spread } from './statistics.js'

/** One measured figure, with what it is held against. */
export interface Figure {
  readonly name: string
  readonly unit: string
  /** The value that the target speaks of. */
  readonly value: number
  /** Which value that is: `p95`, `p99`, `median`, `at 100 calls`. */
  readonly of: string
  /** At most (or, with `atLeast`, at least) this. Undefined: no target is set. */
  readonly target?: number
  readonly atLeast?: boolean
  /** What FreeSWITCH 1.11.1 alone needed for the same on a machine of two virtual processors. */
  readonly freeswitchAlone?: string
  readonly spread?: Spread
  /** What has to be known to read it. */
  readonly note?: string
}

export function figure(given: Figure): Figure {
  return { ...given, value: rounded(given.value), ...(given.spread ? { spread: roundedSpread(given.spread) } : {}) }
}

export function met(one: Figure): boolean | undefined {
  if (one.target === undefined || !Number.isFinite(one.value)) return undefined
  return one.atLeast ? one.value >= one.target : one.value <= one.target
}

/** A table for people, in Markdown. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((one) => {
    const verdict = met(one)
    const spread = one.spread ? `${one.spread.median} / ${one.spread.p95} / ${one.spread.p99} (n ${one.spread.n})` : ''
    const target = one.target === undefined ? '' : `${one.atLeast ? '>=' : '<='} ${one.target}`
    return [one.name, `${one.value} ${one.unit} ${one.of}`, target, verdict === undefined ? '' : verdict ? 'met' : 'MISSED', spread, one.freeswitchAlone ?? '']
  })
  const heads = ['figure', 'measured', 'target', '', 'median / p95 / p99', 'FreeSWITCH alone']
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
