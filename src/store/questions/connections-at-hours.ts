import type { RollUpRow } from '../../figures/roll-up.js'
import type { ConnectionsAsked } from '../../figures/usual-connection.js'
import type { Db } from '../statements.js'

/** How many calls of these lines were answered at these hours, and how long their connection took together, by line and month. */
export async function connectionsAtHours(
  db: Db,
  { lines, months, hours }: ConnectionsAsked,
): Promise<readonly Pick<RollUpRow, 'id' | 'figure' | 'amount'>[]> {
  const rows = await db
    .selectFrom('roll_ups')
    .select(['id', 'figure', 'amount'])
    .where('scope', '=', 'line')
    .where('id', 'in', [...lines])
    .where('month', 'in', [...months])
    .where('figure', 'in', ['answeredAt', 'connectionAt'])
    .where('part', 'in', hours.map(String))
    .execute()
  // `rollUpOf` wrote them.
  return rows.map(({ id, figure, amount }) => ({ id, figure: figure as RollUpRow['figure'], amount: Number(amount) }))
}
