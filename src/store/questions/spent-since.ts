import { quarterMs } from '../spending.js'
import type { Db } from '../statements.js'

/** How long each account was on outgoing legs through trunks that were answered since then (wall-clock ms) and are over. @returns ms by account */
export async function spentSince(db: Db, since: number): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('spending')
    .select(({ fn }) => ['account', fn.sum<number | string>('ms').as('ms')])
    .where('quarter', '>=', Math.floor(since / quarterMs))
    .groupBy('account')
    .execute()
  return new Map(rows.map(({ account, ms }) => [account, Number(ms)]))
}
