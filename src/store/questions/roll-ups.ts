import { rollUpName, rollUpOf, RollUpTotal, type RollUp, type RollUpRow, type RollUpScope } from '../../figures/roll-up.js'
import { callRecord } from '../../facts/call-record.js'
import type { Db } from '../statements.js'
import { eventsOf } from './events-of.js'

export interface RollUpsAsked {
  /** Months, both included: `2026-01`. */
  readonly from: string
  readonly to: string
  readonly scope: RollUpScope
  /** Default: every line, organisation, clinician. */
  readonly id?: string
}

/** The sums of some months. */
export async function rollUps(db: Db, { from, to, scope, id }: RollUpsAsked): Promise<readonly RollUpRow[]> {
  let query = db.selectFrom('roll_ups').selectAll().where('scope', '=', scope).where('month', '>=', from).where('month', '<=', to)
  if (id !== undefined) query = query.where('id', '=', id)
  const rows = await query.execute()
  // `rollUpOf` wrote them. Sums that are zero again are left out.
  return rows.map((row) => ({ ...row, amount: Number(row.amount) }) as RollUpRow).filter(({ amount }) => amount !== 0)
}

/** Calls that are over and not in the sums yet: those of a store from before there were any. */
export async function notRolledUp(db: Db, limit: number): Promise<readonly string[]> {
  const rows = await db.selectFrom('calls').select('call_id').where('rolled_up', 'is', null).orderBy('call_id').limit(limit).execute()
  return rows.map((row) => row.call_id)
}

/** What deleted calls have in the sums. */
export async function deletedSums(db: Db): Promise<RollUp> {
  const rows = await db.selectFrom('deleted_sums').selectAll().execute()
  // `rollUpOf` wrote them.
  return new Map(rows.map((row) => ({ ...row, amount: Number(row.amount) }) as RollUpRow).map((row) => [rollUpName(row), row]))
}

/** Holds the sums against a recount of the calls that are in them. @returns the sums that are not what the facts say */
export async function differingRollUps(db: Db): Promise<readonly string[]> {
  const total = new RollUpTotal()
  const ids = await db.selectFrom('calls').select('call_id').where('rolled_up', '=', 1).execute()
  for (const { call_id: callId } of ids) total.add(rollUpOf(callRecord(await eventsOf(db, callId))))
  total.add(await deletedSums(db))
  const stored = await db.selectFrom('roll_ups').selectAll().where('scope', '<>', 'month').execute()
  const left = new Map(stored.map((row) => [rollUpName(row as unknown as RollUpRow), Number(row.amount)]))
  const wrong: string[] = []
  for (const row of total.rows()) {
    const name = rollUpName(row)
    if (left.get(name) !== row.amount) wrong.push(name)
    left.delete(name)
  }
  return [...wrong, ...[...left].filter(([, amount]) => amount !== 0).map(([name]) => name)]
}
