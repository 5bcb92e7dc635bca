import { bootstrapped, differences, figureNames, figuresOf, isWithin, overRuns, type CallResult, type Estimates, type FigureName, type Figures } from './figures.js'
import { replay, type ReplayInput } from './replay.js'
import type { HuntedCall } from './recorded.js'

/** What happened, what the replay makes of it, and what the change would have made of it. */
export interface Columns {
  readonly calls: number
  readonly recorded: Estimates
  readonly asItWas: Estimates
  /** Undefined: no change is tried. */
  readonly changed: Estimates | undefined
  /** The change against the replay as it was, run by run. */
  readonly difference: Estimates | undefined
}

export interface Comparison {
  readonly overall: Columns
  /** Hours of the day that had calls, in order. */
  readonly byHour: readonly (Columns & { readonly hour: number })[]
  readonly check: Check
}

/** Whether replaying what was in force gives what happened. */
export interface Check {
  /** Figures over all calls that the replay has outside the interval of the recorded ones. */
  readonly outside: readonly FigureName[]
  readonly compared: number
  /** The same for the figures of single hours: of these, some fall outside by chance. */
  readonly hours: { readonly compared: number; readonly within: number }
}

export interface CompareOptions {
  readonly calls: readonly HuntedCall[]
  readonly asItWas: ReplayInput
  readonly changed: ReplayInput | undefined
  readonly runs: number
  readonly seed: number
  /** Told after every run. */
  readonly onRun?: (done: number) => void
}

/** The figures of some runs over all calls and by hour. */
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

/** Replays as often as asked, as it was and with the change, and puts the figures side by side. */
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
    ...columns(indices.flatMap((index) => recorded[index] ?? []), asItWas.byHour.get(hour) ?? [], changed?.byHour.get(hour), seed),
  }))
  const overall = columns(recorded, asItWas.overall, changed?.overall, seed)
  return { overall, byHour, check: checked(overall, byHour) }
}

function columns(recorded: readonly CallResult[], asItWas: readonly Figures[], changed: readonly Figures[] | undefined, seed: number): Columns {
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

/** Holds the replay against the record. A figure that one of them lacks is not compared. */
export function checked(overall: Columns, byHour: readonly Columns[]): Check {
  const outside: FigureName[] = []
  let compared = 0
  const hours = { compared: 0, within: 0 }
  for (const name of figureNames) {
    const inside = reproduces(overall, name)
    if (inside !== undefined) compared++
    if (inside === false) outside.push(name)
    for (const columnsOfHour of byHour) {
      const insideHour = reproduces(columnsOfHour, name)
      if (insideHour === undefined) continue
      hours.compared++
      if (insideHour) hours.within++
    }
  }
  return { outside, compared, hours }
}

function reproduces({ recorded, asItWas }: Columns, name: FigureName): boolean | undefined {
  const [was, again] = [recorded[name], asItWas[name]]
  return was === undefined || again === undefined ? undefined : isWithin(was.interval, again.value)
}
