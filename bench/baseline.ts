/** Compares this run with those in `bench/baseline.json`, in multiples of each run's own yardstick. */
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { Figure } from './figure.js'
import type { OtherWork } from './other-work.js'
import { lengthOf, type Yardsticks } from './scale.js'
import { rounded } from './statistics.js'

const median = z.object({ median: z.number() })
const yardstickSchema = z.object({ message: median, fsync: median, lateness: median, work: z.number(), messageCpu: z.number() })
const scaleSchema = z.enum(['message', 'fact', 'timer', 'work', 'packets'])
const runSchema = z.object({
  measuredAt: z.string(),
  yardstick: yardstickSchema,
  otherWork: z.object({ others: z.number(), stolen: z.number() }).optional(),
  figures: z.record(
    z.string(),
    z.object({ value: z.number(), unit: z.string(), scale: scaleSchema.optional(), multiple: z.number().optional() }),
  ),
})
const machineSchema = z.record(z.string(), z.union([z.string(), z.number()]))
const baselineSchema = z.object({
  /** By part and length of run (`latency, quick`): a short run has other tails than a long one. The runs of a part are of one machine. */
  parts: z.record(z.string(), z.object({ machine: machineSchema, runs: z.array(runSchema) })),
})

export type Baseline = z.infer<typeof baselineSchema>
export type Machine = z.infer<typeof machineSchema>
type Run = z.infer<typeof runSchema>

/** One part's figures in this run. */
export interface Measured {
  readonly part: string
  readonly quick: boolean
  readonly figures: readonly Figure[]
  readonly yardstick: Yardsticks
  readonly otherWork: OtherWork | undefined
}

/** @throws Error when the file is there and is not a baseline */
export function readBaseline(file: string): Baseline | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  return baselineSchema.parse(JSON.parse(text))
}

const placeOf = ({ part, quick }: Pick<Measured, 'part' | 'quick'>) => `${part}, ${quick ? 'quick' : 'full'}`
const nameOf = (figure: Figure) => `${figure.name}, ${figure.of}`

/** Replaces these parts, or adds a run to their stored ones; other parts stay. A part from another machine starts again. */
export function writeBaseline(file: string, machine: Machine, measured: readonly Measured[], add: boolean): void {
  const parts = { ...readBaseline(file)?.parts }
  for (const one of measured) {
    const figures = one.figures.filter(({ value }) => Number.isFinite(value))
    const run: Run = {
      measuredAt: new Date().toISOString(),
      yardstick: onlyLengths(one.yardstick),
      ...(one.otherWork ? { otherWork: one.otherWork } : {}),
      figures: Object.fromEntries(
        figures.map((figure) => [
          nameOf(figure),
          {
            value: figure.value,
            unit: figure.unit,
            ...(figure.scale === undefined
              ? {}
              : { scale: figure.scale, multiple: rounded(figure.value / lengthOf(figure.scale, one.yardstick)) }),
          },
        ]),
      ),
    }
    const kept = parts[placeOf(one)]
    const goesOn = add && kept !== undefined && JSON.stringify(kept.machine) === JSON.stringify(machine)
    parts[placeOf(one)] = { machine, runs: [...(goesOn ? kept.runs : []), run] }
  }
  writeFileSync(file, `${JSON.stringify({ parts }, null, 1)}\n`)
}

function onlyLengths({ message, fsync, lateness, work, messageCpu }: Yardsticks): Yardsticks {
  const median = (of: { readonly median: number }) => ({ median: rounded(of.median) })
  return {
    message: median(message),
    fsync: median(fsync),
    lateness: median(lateness),
    work: rounded(work),
    messageCpu: rounded(messageCpu),
  }
}

export interface Comparison {
  readonly part: string
  readonly figure: Figure
  /** What the baseline's runs would be with this run's yardstick; geometric mean. */
  readonly expected: number
  /** The change as a multiple of the noise threshold. Undefined: too few stored runs to know. */
  readonly noise: number | undefined
  readonly moved: 'better' | 'worse' | undefined
}

/** Fewer runs cannot tell their own noise. */
const fewestRuns = 3
/** Standard deviations beyond which a change is no longer noise: with a hundred figures, one run in four has a false alarm. */
const deviations = 3
/** A smaller change is not reported, however steady the figure. */
const minFactor = 1.05
/** Added before taking logarithms, so that 0.2 ms instead of 0.1 does not count as double: about the resolution. By unit. */
const grain: Readonly<Record<string, number>> = { ms: 1, s: 0.01, '%': 0.1, MB: 0.02, '/s': 0.1, calls: 1, us: 1 }

/**
 * Compares a part with its stored runs. Noise is the standard deviation from run to run of the logarithm, the larger of the figure's
 * own and that of all figures of its kind (same part, scale and quantile), together with half of what the yardstick moved during this run.
 * @param drift the yardstick's length by scale after the run, divided by that before it
 */
export function compare(baseline: Baseline, measured: Measured, drift: (scale: Figure['scale']) => number): readonly Comparison[] {
  const runs = baseline.parts[placeOf(measured)]?.runs ?? []
  const kindOf = (figure: Figure) => `${figure.scale ?? ''} ${figure.unit} ${figure.of.split(' ', 1)[0] ?? ''}`
  const squares = new Map<string, { sum: number; degrees: number }>()
  const past = measured.figures.map((figure) => {
    const logs = runs.flatMap((run) => {
      const found = run.figures[nameOf(figure)]
      if (found?.unit !== figure.unit) return []
      const longer = figure.scale === undefined ? 1 : lengthOf(figure.scale, measured.yardstick) / lengthOf(figure.scale, run.yardstick)
      // A figure with a minimum target is a rate.
      return [logOf(figure.atLeast ? found.value / longer : found.value * longer, figure.unit)]
    })
    const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length
    const sum = logs.reduce((total, log) => total + (log - mean) ** 2, 0)
    const kind = squares.get(kindOf(figure)) ?? { sum: 0, degrees: 0 }
    squares.set(kindOf(figure), { sum: kind.sum + sum, degrees: kind.degrees + Math.max(0, logs.length - 1) })
    return { figure, count: logs.length, mean, own: logs.length > 1 ? sum / (logs.length - 1) : 0 }
  })
  return past.flatMap(({ figure, count, mean, own }) => {
    if (count === 0 || !Number.isFinite(figure.value)) return []
    const kind = squares.get(kindOf(figure))
    const variance = Math.max(own, kind && kind.degrees > 0 ? kind.sum / kind.degrees : 0)
    const beyond = Math.max(
      Math.log(minFactor),
      deviations * Math.sqrt(variance * (1 + 1 / count) + (Math.log(drift(figure.scale)) / 2) ** 2),
    )
    const change = logOf(figure.value, figure.unit) - mean
    const moved =
      count < fewestRuns || Math.abs(change) <= beyond ? undefined : change > 0 === (figure.atLeast === true) ? 'better' : 'worse'
    return [
      {
        part: measured.part,
        figure,
        expected: rounded(Math.exp(mean) - (grain[figure.unit] ?? 0)),
        noise: count < fewestRuns ? undefined : rounded(Math.exp(beyond)),
        moved,
      },
    ]
  })
}

function logOf(value: number, unit: string): number {
  return Math.log(Math.max(0, value) + (grain[unit] ?? 0))
}
