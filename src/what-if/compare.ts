import {
  bootstrapped,
  differences,
  figureNames,
  figuresOf,
  isWithin,
  overRuns,
  type CallResult,
  type Estimates,
  type FigureName,
  type Figures,
} from './figures.js'
import { replay, type ReplayInput } from './replay.js'
import type { HuntedCall } from './recorded.js'

/** The record, its replay, and the replay with the change. */
export interface Columns {
  readonly calls: number
  readonly recorded: Estimates
  readonly asItWas: Estimates
  /** Undefined: no change is tried. */
  readonly changed: Estimates | undefined
  /** The change minus the replay as it was, run by run. */
  readonly difference: Estimates | undefined
}

export interface Comparison {
  readonly overall: Columns
  /** Hours of the day that had calls, in order. */
  readonly byHour: readonly (Columns & { readonly hour: number })[]
  readonly check: Check
}

/**
 * Whether a figure of the replay as it was agrees with the record. `within`: it lies in the recorded one's interval. `near`: it does
 * not, but the recorded figure lies in the replay's interval; with several figures this happens by chance now and then. `apart`: neither.
 */
export type Agreement = 'within' | 'near' | 'apart'

/** The replay as it was, compared with the record. A figure that one of them lacks is not compared. */
export interface Check {
  readonly figures: Readonly<Partial<Record<FigureName, Agreement>>>
  /** The agreement of figures for single hours. */
  readonly hours: Readonly<Record<Agreement, number>>
  /** No figure over all calls is `apart`. */
  readonly reproduced: boolean
}

export interface CompareOptions {
  readonly calls: readonly HuntedCall[]
  readonly asItWas: ReplayInput
  readonly changed: ReplayInput | undefined
  readonly runs: number
  readonly seed: number
  /** Called after every run. */
  readonly onRun?: (done: number) => void
}

/** The figures of runs over all calls and by hour. */
class Runs {
  readonly overall: Figures[] = []
  readonly byHour = new Map<number, Figures[]>()

  add(results: readonly CallResult[], hours: ReadonlyMap<number, readonly number[]>): void {
    this.overall.push(figuresOf(results))
    for (const [hour, indices] of hours) {
      const figures = figuresOf(indices.flatMap((index) => results[index] ?? []))
      const before = this.byHour.get(hour)
      if (before) before.push(figures)
      else this.byHour.set(hour, [figures])
    }
  }
}

/** Runs the replays, as it was and with the change, and puts the figures side by side. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { calls, runs, seed } = options
  const hours = indicesByHour(calls)
  const [asItWas, changed] = [new Runs(), options.changed === undefined ? undefined : new Runs()]
  for (let run = 0; run < runs; run++) {
    asItWas.add(await replay(options.asItWas, seed, run), hours)
    if (options.changed !== undefined) changed?.add(await replay(options.changed, seed, run), hours)
    options.onRun?.(run + 1)
  }
  const recorded = calls.map(({ result }) => result)
  const byHour = [...hours].map(([hour, indices]) => ({
    hour,
    ...columns(
      indices.flatMap((index) => recorded[index] ?? []),
      asItWas.byHour.get(hour) ?? [],
      changed?.byHour.get(hour),
      seed,
    ),
  }))
  const overall = columns(recorded, asItWas.overall, changed?.overall, seed)
  return { overall, byHour, check: checked(overall, byHour) }
}

function columns(
  recorded: readonly CallResult[],
  asItWas: readonly Figures[],
  changed: readonly Figures[] | undefined,
  seed: number,
): Columns {
  return {
    calls: recorded.length,
    recorded: bootstrapped(recorded, seed),
    asItWas: overRuns(asItWas),
    changed: changed === undefined ? undefined : overRuns(changed),
    difference: changed === undefined ? undefined : differences(asItWas, changed),
  }
}

function indicesByHour(calls: readonly HuntedCall[]): ReadonlyMap<number, readonly number[]> {
  const hours = new Map<number, number[]>()
  for (const [index, { hour }] of calls.entries()) {
    const before = hours.get(hour)
    if (before) before.push(index)
    else hours.set(hour, [index])
  }
  return new Map([...hours].sort(([a], [b]) => a - b))
}

/** Compares the replay with the record. */
export function checked(overall: Columns, byHour: readonly Columns[]): Check {
  const figures: Partial<Record<FigureName, Agreement>> = {}
  const hours = { within: 0, near: 0, apart: 0 }
  for (const name of figureNames) {
    const agreement = agreementOf(overall, name)
    if (agreement !== undefined) figures[name] = agreement
    for (const hour of byHour) {
      const ofHour = agreementOf(hour, name)
      if (ofHour !== undefined) hours[ofHour]++
    }
  }
  return { figures, hours, reproduced: !Object.values(figures).includes('apart') }
}

function agreementOf({ recorded, asItWas }: Pick<Columns, 'recorded' | 'asItWas'>, name: FigureName): Agreement | undefined {
  const [was, again] = [recorded[name], asItWas[name]]
  if (was === undefined || again === undefined) return undefined
  if (isWithin(was.interval, again.value)) return 'within'
  return isWithin(again.interval, was.value) ? 'near' : 'apart'
}
