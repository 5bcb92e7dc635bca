import { randomInt } from 'node:crypto'
import type { RollUpRow } from '../figures/roll-up.js'
import type { Step } from './statement.js'
import type { Statements } from './statements.js'

/**
 * The number goes up by a random step of at most this: a server that takes over without the last changes of the one before would else count to the same
 * number again with other sums. At a million changes a day it stays exact for a century.
 */
const mostAtOnce = 2 ** 16

/** Marks the sums of these months as changed: a cache of them compares (`month-sums.ts`). Written in the transaction that changes them. */
function changes(rows: readonly RollUpRow[]): readonly RollUpRow[] {
  const months = new Set(rows.filter(({ scope }) => scope !== 'lineDay').map(({ month }) => month))
  return [...months]
    .sort()
    .map((month) => ({ month, scope: 'month', id: '', figure: 'changes', part: '', amount: randomInt(1, mostAtOnce) }))
}

/** Adds amounts to the sums of their months. @param table those of all calls, or what deleted ones have in them @param rows each of another sum, in the same order at every engine, so that no two wait for each other */
export function addToRollUps(
  statements: Statements,
  rows: readonly RollUpRow[],
  table: 'roll_ups' | 'deleted_sums' = 'roll_ups',
): readonly Step[] {
  return statements.inParts(`roll up ${table}`, table === 'roll_ups' ? [...changes(rows), ...rows] : rows, (db, some) =>
    db
      .insertInto(table)
      .values([...some])
      .onConflict((conflict) =>
        conflict
          .columns(['month', 'scope', 'id', 'figure', 'part'])
          .doUpdateSet((row) => ({ amount: row(`${table}.amount`, '+', row.ref('excluded.amount')) })),
      ),
  )
}

/** Notes that a call is in the sums, which it must not have been. */
export function rolledUp(statements: Statements, callId: string): Step {
  const step = statements.step(
    'rolled up',
    (db) => db.updateTable('calls').set({ rolled_up: 1 }).where('call_id', '=', callId).where('rolled_up', 'is', null),
    [1, callId],
  )
  return { ...step, mustChange: 1 }
}
