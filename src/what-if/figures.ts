import { randomStream } from './random.js'

/** The result of one call that reached the hunt, recorded or replayed. */
export interface CallResult {
  /** From the start of the hunt to acceptance, ms. Undefined: nobody accepted. */
  readonly waitMs: number | undefined
  /** How many different people were rung. */
  readonly refs: number
}

export const figureNames = ['meanWait', 'medianWait', 'p90Wait', 'answerRate', 'refs'] as const
export type FigureName = (typeof figureNames)[number]

/** Waits in seconds, the rate from 0 to 1. Undefined if there is nothing to measure. */
export type Figures = Readonly<Record<FigureName, number | undefined>>

/** 95 of 100. */
export interface Interval {
  readonly from: number
  readonly to: number
}

export interface Estimate {
  readonly value: number
  readonly interval: Interval
}

/** Undefined if it cannot be computed. */
export type Estimates = Readonly<Record<FigureName, Estimate | undefined>>

/** The figures of some calls. */
export function figuresOf(results: readonly CallResult[]): Figures {
  const waits: number[] = []
  let refs = 0
  for (const { waitMs, refs: rung } of results) {
    if (waitMs !== undefined) waits.push(waitMs / 1_000)
    refs += rung
  }
  waits.sort((a, b) => a - b)
  const calls = results.length
  return {
    meanWait: mean(waits),
    medianWait: quantile(waits, 0.5),
    p90Wait: quantile(waits, 0.9),
    answerRate: calls === 0 ? undefined : waits.length / calls,
    refs: calls === 0 ? undefined : refs / calls,
  }
}

export function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * A quantile, interpolated linearly between the ordered values (Hyndman and Fan 1996, type 7).
 * @param sorted ascending
 * @param share 0 to 1
 */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  const place = (sorted.length - 1) * share
  const low = sorted[Math.floor(place)]
  const high = sorted[Math.ceil(place)]
  return low === undefined || high === undefined ? undefined : low + (high - low) * (place - Math.floor(place))
}

/** Where 95 of 100 values lie. Undefined without values. */
export function percentileInterval(values: readonly number[]): Interval | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const from = quantile(sorted, 0.025)
  const to = quantile(sorted, 0.975)
  return from === undefined || to === undefined ? undefined : { from, to }
}

/** For the share of answered calls; good for few calls and near 0 and 1, too (Wilson, J. Am. Stat. Assoc. 22, 1927). */
export function wilsonInterval(hits: number, of: number): Interval | undefined {
  if (of === 0) return undefined
  const z = 1.959964
  const share = hits / of
  const middle = share + (z * z) / (2 * of)
  const spread = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))
  const scale = 1 + (z * z) / of
  return { from: Math.max(0, (middle - spread) / scale), to: Math.min(1, (middle + spread) / scale) }
}

/** Resamples, and the most calls drawn in all: a year's calls need fewer resamples. */
const resamples = 1_000
const minResamples = 200
const maxDraws = 10_000_000

/**
 * The figures of the recorded calls, and how far chance alone could have moved them: each with the interval of its values over resamples
 * of the calls (bootstrap; Efron 1979); the answer rate with Wilson's interval.
 */
export function bootstrapped(results: readonly CallResult[], seed: number): Estimates {
  const value = figuresOf(results)
  const times = Math.max(minResamples, Math.min(resamples, Math.floor(maxDraws / Math.max(1, results.length))))
  const random = randomStream(seed, results.length)
  const drawn: Figures[] = []
  for (let time = 0; time < times && results.length > 0; time++) {
    // The index is below the length.
    drawn.push(figuresOf(results.map((own) => results[Math.floor(random() * results.length)] ?? own)))
  }
  const answered = results.filter(({ waitMs }) => waitMs !== undefined).length
  return perFigure((name) => {
    const interval =
      name === 'answerRate'
        ? wilsonInterval(answered, results.length)
        : percentileInterval(drawn.map((figures) => figures[name]).filter((each) => each !== undefined))
    return asEstimate(value[name], interval)
  })
}

/** The figures of several replays: their mean, and where 95 of 100 of them lie. A figure that most of them lack is left out. */
export function overRuns(runs: readonly Figures[]): Estimates {
  return perFigure((name) => {
    const values = runs.map((figures) => figures[name]).filter((each) => each !== undefined)
    return values.length * 2 < runs.length ? undefined : asEstimate(mean(values), percentileInterval(values))
  })
}

/** The effect of a change on each figure: the differences between replays with the same chances. */
export function differences(before: readonly Figures[], after: readonly Figures[]): Estimates {
  const pairs = after.map((figures, run): Figures =>
    perFigure((name) => {
      const [was, is] = [before[run]?.[name], figures[name]]
      return was === undefined || is === undefined ? undefined : is - was
    }),
  )
  return overRuns(pairs)
}

export function perFigure<T>(of: (name: FigureName) => T): Record<FigureName, T> {
  return { meanWait: of('meanWait'), medianWait: of('medianWait'), p90Wait: of('p90Wait'), answerRate: of('answerRate'), refs: of('refs') }
}

/** Whether a value lies in the interval, both ends included. */
export function isWithin({ from, to }: Interval, value: number): boolean {
  // Sums in another order differ in the last digits; that still agrees.
  const slack = 1e-9 * Math.max(1, Math.abs(from), Math.abs(to))
  return value >= from - slack && value <= to + slack
}

function asEstimate(value: number | undefined, interval: Interval | undefined): Estimate | undefined {
  return value === undefined || interval === undefined ? undefined : { value, interval }
}
