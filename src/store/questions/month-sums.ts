import { sql } from 'kysely'
import type { RollUpFigure, RollUpScope } from '../../figures/roll-up.js'
import type { Db } from '../statements.js'

export interface MonthAsked {
  /** `2026-11` */
  readonly month: string
  readonly scope: RollUpScope
  /** Default: all. */
  readonly figures?: readonly RollUpFigure[]
  /** What each figure comes to is enough: its parts are not read. */
  readonly withoutParts?: true
}

/** What a line, an organisation, a clinician has of one figure in a month. */
export interface MonthSum {
  readonly id: string
  readonly figure: RollUpFigure
  /** Over all parts. */
  readonly total: number
  /** A line for each part, `21 7`: bucket, hour of the week or code, and its amount. A month of a service has tens of thousands of them, which as rows would keep the engine busy. */
  readonly parts: string
}

/** The sums of a month as they were at one moment. */
export interface MonthRead {
  readonly sums: readonly MonthSum[]
  /** `monthChanges` of the same moment; undefined where there are no sums. */
  readonly changes: number | undefined
}

/** The sums of one month, one row for each figure. */
export async function monthSums(db: Db, { month, scope, figures, withoutParts }: MonthAsked): Promise<MonthRead> {
  let query = db
    .selectFrom('roll_ups')
    .where('scope', '=', scope)
    .where('month', '=', month)
    .where('amount', '<>', 0)
    .groupBy(['id', 'figure'])
    .select([
      'id',
      'figure',
      (sums) => sums.fn.sum<number | string>('amount').as('total'),
      (withoutParts ? sql<string>`''` : sql<string>`string_agg(part || ' ' || amount, ${'\n'})`).as('parts'),
      (sums) =>
        sums.selectFrom('roll_ups as of').select('of.amount').where('of.scope', '=', 'month').where('of.month', '=', month).as('changes'),
    ])
  if (figures) query = query.where('figure', 'in', [...figures])
  const rows = await query.execute()
  // `rollUpOf` wrote them.
  return {
    sums: rows.map(({ id, figure, total, parts }) => ({ id, figure: figure as RollUpFigure, total: Number(total), parts })),
    // Sums from before there were such numbers have none.
    changes: rows[0] && Number(rows[0].changes ?? 0),
  }
}

/** A number that identifies the state of each month's sums: it differs after every change (`roll-ups.ts`). A month without sums is missing. */
export async function monthChanges(db: Db, months: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('roll_ups')
    .select(['month', 'amount'])
    .where('scope', '=', 'month')
    .where('month', 'in', [...months])
    .execute()
  return new Map(rows.map(({ month, amount }) => [month, Number(amount)]))
}
