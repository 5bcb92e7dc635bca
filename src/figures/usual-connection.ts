import { whenIn, type RollUpRow } from './roll-up.js'
import { monthsUntil } from './summary.js'

/** The usual time to an answer at this hour, from the sums of the last twelve months. */

/** Fewer answered calls than this are too few. */
export const leastCallsForUsual = 20
const months = 12

/** Of a line at an hour of the day, on working days or at weekends. */
export interface UsualConnection {
  /** Answered calls of the last twelve months at this hour. */
  readonly calls: number
  /** Mean connection time, whole seconds; undefined: too few calls. */
  readonly seconds?: number
}

/** Sums of lines in some months, at some hours of the week (0 is Monday 00:00). */
export interface ConnectionsAsked {
  readonly lines: readonly string[]
  readonly months: readonly string[]
  readonly hours: readonly number[]
}

export interface ConnectionSums {
  connectionsAtHours(asked: ConnectionsAsked): Promise<readonly Pick<RollUpRow, 'id' | 'figure' | 'amount'>[]>
}

/** @returns by line; lines without an answered call at this hour are missing */
export async function usualConnections(
  sums: ConnectionSums,
  lines: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, UsualConnection>> {
  if (lines.length === 0) return new Map()
  const { month, hourOfWeek } = whenIn(now)
  const rows = await sums.connectionsAtHours({ lines, months: monthsUntil(month, months), hours: likeHours(hourOfWeek) })
  const of = (id: string, wanted: RollUpRow['figure']) =>
    rows.filter((row) => row.id === id && row.figure === wanted).reduce((sum, { amount }) => sum + amount, 0)
  return new Map(
    [...new Set(rows.map(({ id }) => id))].map((id) => {
      const calls = of(id, 'answeredAt')
      return [id, { calls, ...(calls < leastCallsForUsual ? {} : { seconds: Math.round(of(id, 'connectionAt') / calls / 1_000) }) }]
    }),
  )
}

/** The same hour of the other working days, or of the other day of the weekend. */
function likeHours(hourOfWeek: number): readonly number[] {
  const [day, hour] = [Math.floor(hourOfWeek / 24), hourOfWeek % 24]
  return (day < 5 ? [0, 1, 2, 3, 4] : [5, 6]).map((one) => one * 24 + hour)
}
