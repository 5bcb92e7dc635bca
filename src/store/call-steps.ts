import { changedRows, type ProjectedCall } from './projection.js'
import type { Spent } from './spending.js'
import type { Step } from './statement.js'
import { changedColumns, type Statements } from './statements.js'

/**
 * Writes the changes in the rows of a call.
 * @param stored the rows as they are on disk. Undefined: unknown, and all of them are written
 * @param isNew the call is not stored yet; the sums include it from its first fact on
 * @param owner of a call that is not stored yet
 */
export function callRows(
  statements: Statements,
  stored: ProjectedCall | undefined,
  now: ProjectedCall,
  isNew = false,
  owner?: string,
): readonly Step[] {
  const callId = now.call.call_id
  const changed = changedRows(stored, now)
  const steps: Step[] = []
  if (!stored)
    steps.push(
      ...statements.insert(
        'calls',
        [isNew ? { ...now.call, rolled_up: 1, ...(owner === undefined ? {} : { owner }) } : now.call],
        ['call_id'],
      ),
    )
  else {
    const columns = changedColumns(stored.call, now.call)
    if (Object.keys(columns).length > 0) steps.push(statements.update('calls', columns, { call_id: callId }))
  }
  for (const row of changed.attempts) {
    const before = stored?.attempts[row.position]
    if (before) steps.push(statements.update('attempts', changedColumns(before, row), { call_id: callId, attempt: row.attempt }))
    else steps.push(...statements.insert('attempts', [row], ['call_id', 'attempt']))
  }
  steps.push(...statements.insert('recordings', changed.recordings, ['recording_id']))
  return steps
}

/** Puts a call on the list of those to be linked. For a call that is over, each time: it may have been linked and taken off meanwhile. */
export function unlinkedStep(statements: Statements, callId: string, first: number, last: number): Step {
  return statements.step(
    'unlinked',
    (db) =>
      db
        .insertInto('unlinked')
        .values({ call_id: callId, first_seq: first, last_seq: last })
        .onConflict((conflict) =>
          conflict.column('call_id').doUpdateSet((row) => ({
            first_seq: row
              .case()
              .when('excluded.first_seq', '<', row.ref('unlinked.first_seq'))
              .then(row.ref('excluded.first_seq'))
              .else(row.ref('unlinked.first_seq'))
              .end(),
            last_seq: row
              .case()
              .when('excluded.last_seq', '>', row.ref('unlinked.last_seq'))
              .then(row.ref('excluded.last_seq'))
              .else(row.ref('unlinked.last_seq'))
              .end(),
          })),
        ),
    [callId, first, last],
  )
}

/** Adds to the allowances' sums: in the same order at every engine, as in `TargetBatch`, so that they never deadlock. */
export function spendSteps(statements: Statements, spent: readonly Spent[]): readonly Step[] {
  const sorted = spent.toSorted((a, b) => a.quarter - b.quarter || (a.account < b.account ? -1 : a.account > b.account ? 1 : 0))
  return sorted.map(({ quarter, account, ms }) =>
    statements.step(
      'spend',
      (db) =>
        db
          .insertInto('spending')
          .values({ quarter, account, ms })
          .onConflict((conflict) =>
            conflict.columns(['quarter', 'account']).doUpdateSet((row) => ({ ms: row('spending.ms', '+', row.ref('excluded.ms')) })),
          ),
      [quarter, account, ms],
    ),
  )
}
