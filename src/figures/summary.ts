import { answerRate } from './definitions.js'
import { quantileOf } from './durations.js'
import type { RollUpFigure, RollUpRow } from './roll-up.js'

/** Mean exactly, median and ninetieth percentile to within 1 %, ms. Missing if there are none. */
export interface Durations {
  readonly mean?: number
  readonly median?: number
  readonly p90?: number
}

/** The totals of some sums: of a month, a line, a year. Definitions: `definitions.ts`. */
export interface PeriodFigures {
  readonly placed: number
  readonly offered: number
  readonly answered: number
  readonly unanswered: number
  readonly abandoned: number
  readonly abandonedEarly: number
  readonly closed: number
  readonly notOffered: number
  /** 0 to 1; undefined if nothing was offered. */
  readonly answerRate?: number
  /** Share of the answered calls whose connection took at most 60 seconds, 0 to 1. */
  readonly within60?: number
  /** Share of the answered calls that the National Consultant Network answered, 0 to 1. */
  readonly ncnShare?: number
  readonly connection: Durations
  readonly dialToVoice: Durations
  /** Mean wait until acceptance, ms. */
  readonly wait?: number
  /** The total, and the mean of an answered call, ms. */
  readonly talkMs: number
  readonly talk?: number
  /** Specialists tried per offered call. */
  readonly refs?: number
  readonly callBackRequested: number
  readonly arranged: number
  readonly arrangedConnected: number
  /** Calls by the code of their outcome, the most frequent first. */
  readonly outcomes: readonly { readonly outcome: string; readonly calls: number }[]
}

/** Sums of one scope, added up over any months and lines. */
export interface Sums {
  total(figure: RollUpFigure): number
  /** Amounts by bucket, hour of the week, code. */
  parts(figure: RollUpFigure): ReadonlyMap<string, number>
}

/** These rows, added up. Of one scope only: a call is in several. */
export function sumsOf(rows: Iterable<RollUpRow>): Sums {
  const totals = new Map<RollUpFigure, number>()
  const parts = new Map<RollUpFigure, Map<string, number>>()
  for (const { figure, part, amount } of rows) {
    totals.set(figure, (totals.get(figure) ?? 0) + amount)
    if (part === '') continue
    const ofFigure = parts.get(figure) ?? new Map<string, number>()
    ofFigure.set(part, (ofFigure.get(part) ?? 0) + amount)
    parts.set(figure, ofFigure)
  }
  return { total: (figure) => totals.get(figure) ?? 0, parts: (figure) => parts.get(figure) ?? new Map() }
}

/** The totals of these rows. */
export function figuresOf(rows: Iterable<RollUpRow>): PeriodFigures {
  return figuresIn(sumsOf(rows))
}

export function figuresIn(sums: Sums): PeriodFigures {
  const sum = (figure: RollUpFigure) => sums.total(figure)
  const [answered, unanswered, abandoned, arrangedConnected] = [
    sum('answered'),
    sum('unanswered'),
    sum('abandoned'),
    sum('arrangedConnected'),
  ]
  const offered = answered + unanswered + abandoned
  const durations = (total: RollUpFigure, buckets: RollUpFigure): Durations => {
    const counts = new Map([...sums.parts(buckets)].map(([bucket, count]) => [Number(bucket), count]))
    return given({ mean: share(sum(total), answered), median: quantileOf(counts, 0.5), p90: quantileOf(counts, 0.9) })
  }
  return {
    ...{
      placed: sum('placed'),
      offered,
      answered,
      unanswered,
      abandoned,
      abandonedEarly: sum('abandonedEarly'),
      closed: sum('closed'),
      notOffered: sum('notOffered'),
    },
    ...given({
      answerRate: answerRate({ answered, unanswered, abandoned }),
      within60: share(sum('within60'), answered),
      ncnShare: share(sum('ncn'), answered),
    }),
    connection: durations('connectionMs', 'connectionIn'),
    dialToVoice: durations('dialToVoiceMs', 'dialToVoiceIn'),
    ...given({
      wait: share(sum('waitMs'), sum('waited')),
      talk: share(sum('talkMs'), answered + arrangedConnected),
      refs: share(sum('refs'), offered),
    }),
    talkMs: sum('talkMs'),
    ...{ callBackRequested: sum('callBackRequested'), arranged: sum('arranged'), arrangedConnected },
    outcomes: [...sums.parts('outcome')]
      .map(([outcome, calls]) => ({ outcome, calls }))
      .sort((a, b) => b.calls - a.calls || (a.outcome < b.outcome ? -1 : 1)),
  }
}

/** The sums grouped by `key`. */
export function grouped<T>(rows: Iterable<T>, key: (row: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group) group.push(row)
    else groups.set(key(row), [row])
  }
  return groups
}

/** Calls offered and answered in each hour of the week: 168 of them, the first is Monday 00:00 to 01:00. */
export function hoursOfWeek(sums: Sums): readonly { readonly offered: number; readonly answered: number }[] {
  const [offered, answered] = [sums.parts('offeredAt'), sums.parts('answeredAt')]
  return Array.from({ length: 168 }, (_, hour) => ({
    offered: offered.get(String(hour)) ?? 0,
    answered: answered.get(String(hour)) ?? 0,
  }))
}

/** @returns months as `2026-11`, the oldest first: `count` of them, the last is `last` */
export function monthsUntil(last: string, count: number): readonly string[] {
  const [year = 0, month = 0] = last.split('-').map(Number)
  return Array.from({ length: count }, (_, index) => {
    const at = year * 12 + month - 1 - (count - 1 - index)
    return `${String(Math.floor(at / 12)).padStart(4, '0')}-${String((at % 12) + 1).padStart(2, '0')}`
  })
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole
}

function given<T extends object>(values: T): { readonly [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: NonNullable<T[K]>
  }
}
