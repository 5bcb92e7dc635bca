import type { RollUpRow } from '../figures/roll-up.js'
import type { Step } from './statement.js'
import type { Statements } from './statements.js'

/** Rows in one statement: the largest that fit, so that a few texts do for any number. */
const rowsInOne = [64, 16, 4, 1] as const

/** Adds amounts to the sums of their months. @param rows each of another sum, in one order for everybody, so that no two engines wait for each other */
export function addToRollUps(statements: Statements, rows: readonly RollUpRow[]): readonly Step[] {
  const steps: Step[] = []
  for (let start = 0; start < rows.length; ) {
    const size = rowsInOne.find((most) => most <= rows.length - start) ?? 1
    const some = rows.slice(start, start + size)
    steps.push(
      statements.step(
        `roll up ${size}`,
        (db) =>
          db
            .insertInto('roll_ups')
            .values(some)
            .onConflict((conflict) => conflict.columns(['month', 'scope', 'id', 'figure', 'part']).doUpdateSet((row) => ({ amount: row('roll_ups.amount', '+', row.ref('excluded.amount')) }))),
        some.flatMap(({ month, scope, id, figure, part, amount }) => [month, scope, id, figure, part, amount]),
      ),
    )
    start += size
  }
  return steps
}

/** Notes that a call is in the sums, which it must not have been. */
export function rolledUp(statements: Statements, callId: string): Step {
  const step = statements.step('rolled up', (db) => db.updateTable('calls').set({ rolled_up: 1 }).where('call_id', '=', callId).where('rolled_up', 'is', null), [1, callId])
  return { ...step, mustChange: 1 }
}
