import type { CallRecord } from '../facts/call-record.js'
import { dateOf, weekdayIndex } from '../directory/calendar.js'
import { timeZone } from '../directory/time-zone.js'
import { classOf, connectionMs, isOffered, serviceLevelMs, type CallClass, type EndedCall } from './definitions.js'
import { bucketOf } from './durations.js'

/**
 * The months of the past, added up with every call that ends: a summary of a year reads them instead of its calls. A call adds the same to the
 * sums whenever it is counted, so sums can be checked against a recount, and a changed call (a later outcome) changes them by the difference.
 */

/** Months and hours are in this zone, whatever zone a line is in. A change of what is added up here needs a migration that empties the sums: they are then counted again. */
export const serviceTimeZone = 'Europe/London'

/** The scopes of sums. `organisation`: the one that called. `clinician`: one who was rung, or accepted. `lineDay`: a line on one day, for the wallboard. `asked`: an organisation that asked a line (`elm-row cardiology`), for returns. `month`: of no call; how often the sums of a month were changed (`changes`). */
export type RollUpScope = 'all' | 'line' | 'organisation' | 'clinician' | 'lineDay' | 'asked' | 'month'

/**
 * The figures added up. Durations are sums of ms beside the counts of their buckets (`durations.ts`), with the bucket in `part`; `offeredAt`, `answeredAt`: by
 * hour of the week, 0 is Monday 00:00; `connectionAt`: of a line alone, ms of connection of what `answeredAt` counts; `outcome`: by its code; `ringing`: of a clinician's telephones, by its result.
 */
export type RollUpFigure =
  | CallClass
  | 'placed'
  | 'within60'
  | 'refs'
  | 'ncn'
  | 'callBackRequested'
  | 'arrangedConnected'
  | 'outcome'
  | 'offeredAt'
  | 'answeredAt'
  | 'connectionAt'
  | 'ringing'
  | 'connectionMs'
  | 'connectionIn'
  | 'dialToVoiceMs'
  | 'dialToVoiceIn'
  | 'waited'
  | 'waitMs'
  | 'talkMs'
  | 'changes'

/** One sum. */
export interface RollUpRow {
  /** `2026-11`, in the service's time zone; of `lineDay` the day, `2026-11-30`. */
  readonly month: string
  readonly scope: RollUpScope
  /** The line, the organisation, the clinician; empty for `all`. */
  readonly id: string
  readonly figure: RollUpFigure
  /** Bucket, hour of the week, code; empty for a single sum. */
  readonly part: string
  readonly amount: number
}

/** Figures also added up by day. Others are not needed by day, and each costs one more row for every call. */
const figuresOfDays: ReadonlySet<RollUpFigure> = new Set<RollUpFigure>([
  'answered',
  'unanswered',
  'abandoned',
  'abandonedEarly',
  'closed',
  'within60',
  'ncn',
  'connectionMs',
  'connectionIn',
  'dialToVoiceMs',
  'dialToVoiceIn',
])

/** A return's figures for an organisation and a line: requests, answered ones, and their outcomes. */
function askedFigures(amounts: readonly Amount[]): readonly Amount[] {
  const wasAnswered = amounts.some(([figure, amount]) => figure === 'answered' && amount > 0)
  return amounts.filter(
    ([figure]) => figure === 'answered' || figure === 'unanswered' || figure === 'abandoned' || (figure === 'outcome' && wasAnswered),
  )
}

/** Sums, by key. */
export type RollUp = ReadonlyMap<string, RollUpRow>

/** A call's contribution to the sums. Nothing while it runs. Pure: the same record adds the same. */
export function rollUpOf(record: CallRecord | undefined): RollUp {
  const sums = new Map<string, RollUpRow>()
  if (record?.ending === undefined) return sums
  const call = { ...record, ending: record.ending, endedAfterMs: record.endedAfterMs ?? 0 }
  const { month, date, hourOfWeek } = whenIn(record.arrivedAt)
  const accepted = record.attempts.find(({ attempt }) => attempt === record.acceptedBy)
  const amounts = amountsOf(call, hourOfWeek, accepted?.pool === 'ncn')
  const add = (scope: RollUpScope, id: string | undefined, figures: readonly Amount[], period = month) => {
    if (id === undefined) return
    for (const [figure, amount, part = ''] of figures) if (amount !== 0) put(sums, { month: period, scope, id, figure, part, amount })
  }
  add('all', '', amounts)
  add('line', record.line, [...amounts, ...atHour(call, hourOfWeek)])
  add(
    'lineDay',
    record.line,
    amounts.filter(([figure]) => figuresOfDays.has(figure)),
    date,
  )
  add('organisation', record.organisation, amounts)
  if (record.organisation !== undefined && record.line !== undefined)
    add('asked', `${record.organisation} ${record.line}`, askedFigures(amounts))
  for (const { clinician, result, attempt } of record.attempts) {
    if (clinician === undefined || result === undefined) continue
    add('clinician', clinician, [
      ['ringing', 1, result],
      ...(attempt === record.acceptedBy
        ? ([
            ['answered', record.talkStartedAfterMs === undefined ? 0 : 1],
            ['talkMs', Math.round(record.talkMs ?? 0)],
          ] as const)
        : []),
    ])
  }
  return sums
}

/** The difference that turns sums with `before` into sums with `now`. */
export function rollUpChange(before: RollUp, now: RollUp): RollUp {
  const sums = new Map<string, RollUpRow>()
  for (const row of now.values()) put(sums, row)
  for (const row of before.values()) put(sums, { ...row, amount: -row.amount })
  for (const [key, { amount }] of sums) if (amount === 0) sums.delete(key)
  return sums
}

/** Several of them as one. */
export class RollUpTotal {
  readonly #sums = new Map<string, RollUpRow>()

  add(one: RollUp): void {
    for (const row of one.values()) put(this.#sums, row)
  }

  /** Non-zero sums, in a fixed order. */
  rows(): readonly RollUpRow[] {
    return [...this.#sums]
      .filter(([, { amount }]) => amount !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => row)
  }
}

type Amount = readonly [figure: RollUpFigure, amount: number, part?: string]

function amountsOf(call: CallRecord & EndedCall, hourOfWeek: number, byNcn: boolean): readonly Amount[] {
  const what = classOf(call)
  if (what === 'again') return []
  const outcome: readonly Amount[] = call.outcome === undefined ? [] : [['outcome', 1, call.outcome.outcome]]
  const talked = call.talkStartedAfterMs !== undefined
  const talk: Amount = ['talkMs', Math.round(call.talkMs ?? 0)]
  const placed: Amount = ['placed', call.source === 'engine' ? 0 : 1]
  if (what === 'arranged') return [placed, ['arranged', 1], ['arrangedConnected', talked ? 1 : 0], talk, ...outcome]
  const week = String(hourOfWeek)
  const always: readonly Amount[] = [
    placed,
    [what, 1],
    ['refs', call.refs],
    ['callBackRequested', call.ending === 'callBackRequested' ? 1 : 0],
    ['offeredAt', isOffered(what) ? 1 : 0, week],
    ...outcome,
  ]
  const waited: readonly Amount[] =
    call.waitMs === undefined
      ? []
      : [
          ['waited', 1],
          ['waitMs', Math.round(call.waitMs)],
        ]
  const connection = connectionMs(call)
  if (what !== 'answered' || connection === undefined) return [...always, ...waited]
  const dialToVoice = Math.round(call.talkStartedAfterMs ?? 0)
  return [
    ...always,
    ...waited,
    talk,
    ['ncn', byNcn ? 1 : 0],
    ['answeredAt', 1, week],
    ['within60', connection <= serviceLevelMs ? 1 : 0],
    ['connectionMs', connection],
    ['connectionIn', 1, String(bucketOf(connection))],
    ['dialToVoiceMs', dialToVoice],
    ['dialToVoiceIn', 1, String(bucketOf(dialToVoice))],
  ]
}

/** A line's connection time by hour, shown to callers before they ring. */
function atHour(call: CallRecord & EndedCall, hourOfWeek: number): readonly Amount[] {
  const connection = classOf(call) === 'answered' ? connectionMs(call) : undefined
  return connection === undefined ? [] : [['connectionAt', connection, String(hourOfWeek)]]
}

/** A sum's key as text. */
export function rollUpName({ month, scope, id, figure, part }: Omit<RollUpRow, 'amount'>): string {
  return `${month} ${scope} ${id} ${figure} ${part}`
}

function put(sums: Map<string, RollUpRow>, row: RollUpRow): void {
  const key = rollUpName(row)
  const before = sums.get(key)
  sums.set(key, before === undefined ? row : { ...row, amount: before.amount + row.amount })
}

/** @param at wall-clock ms */
export function whenIn(at: number): { readonly month: string; readonly date: string; readonly hourOfWeek: number } {
  const zone = timeZone(serviceTimeZone)
  if (zone === undefined) throw new Error(`${serviceTimeZone} is not known here`)
  const { day, minute } = zone.wallClockAt(at)
  const date = dateOf(day)
  return { month: date.slice(0, 7), date, hourOfWeek: weekdayIndex(day) * 24 + Math.floor(minute / 60) }
}
