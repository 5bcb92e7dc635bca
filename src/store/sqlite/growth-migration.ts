import { sql, type Kysely, type Migration } from 'kysely'
import { isByStaff } from '../questions/outcomes-by-staff.js'
import { allTargets } from '../questions/all-targets.js'
import { eventsOf } from '../questions/events-of.js'
import { targetFromRecord } from '../questions/target-from-record.js'
import type { Schema } from '../schema.js'
import { LegsOfCall, quarterMs } from '../spending.js'
import { runOn, Statements } from '../statements.js'
import { laterRung, rowOfTarget } from '../target-rows.js'

/** What was spent is asked for from the beginning of a day on. */
const spendingReadMs = 2 * 24 * 60 * 60_000

/**
 * What a start reads is kept up to date with the facts from here on: how every telephone fares, when each candidate was last rung, what was spent. The
 * tables are filled from the record of a store that has calls already; once, in some seconds for every hundred thousand of them.
 */
export const projectionsOfTheStart: Migration = {
  async up(db: Kysely<Schema>): Promise<void> {
    await db.schema
      .createTable('targets')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('target', 'text', (column) => column.notNull().unique())
      .addColumn('candidate', 'text', (column) => column.notNull())
      .addColumn('label', 'text', (column) => column.notNull())
      .addColumn('rung', 'integer', (column) => column.notNull())
      .addColumn('answered', 'integer', (column) => column.notNull())
      .addColumn('by_result', 'text', (column) => column.notNull())
      .addColumn('by_reason', 'text', (column) => column.notNull())
      .addColumn('last_rung_at', 'bigint', (column) => column.notNull())
      .addColumn('last_accepted_at', 'bigint')
      .addColumn('failures', 'text', (column) => column.notNull())
      .addColumn('failing', 'integer', (column) => column.notNull())
      .addColumn('place', 'integer', (column) => column.notNull())
      .addColumn('watched_since', 'bigint')
      .addColumn('cleared_at', 'bigint')
      .execute()
    await db.schema.createIndex('targets_in_list').on('targets').columns(['place', 'label', 'id']).execute()
    await db.schema
      .createIndex('targets_watched')
      .on('targets')
      .columns(['watched_since', 'id'])
      .where('watched_since', 'is not', null)
      .execute()
    await sql`create index targets_failing on targets (id) where failing > 0`.execute(db)

    await db.schema
      .createTable('candidates')
      .addColumn('candidate', 'text', (column) => column.primaryKey())
      .addColumn('last_rung_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('candidates_by_ringing').on('candidates').columns(['last_rung_at', 'candidate']).execute()

    await db.schema
      .createTable('spending')
      .addColumn('quarter', 'bigint', (column) => column.notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('spending_pk', ['quarter', 'account'])
      .execute()

    // No query uses it any more, and every outcome was written to it.
    await db.schema.dropIndex('outcome_facts').execute()
    await db.schema.createIndex('attempts_by_target').on('attempts').columns(['target', 'started_at']).execute()
    // Any two filters of the list at once: with one index of them alone, the calls that the other leaves out would all be read.
    await db.schema.createIndex('calls_by_line_and_ending').on('calls').columns(['line', 'ending', 'arrived_at']).execute()
    await db.schema.createIndex('calls_by_organisation_and_ending').on('calls').columns(['organisation', 'ending', 'arrived_at']).execute()
    await db.schema.createIndex('calls_by_line_and_organisation').on('calls').columns(['line', 'organisation', 'arrived_at']).execute()
    await sql`create index calls_by_staff_outcome on calls (outcome_at) where ${isByStaff}`.execute(db)

    await fillTargets(db)
    await fillSpending(db, Date.now() - spendingReadMs)
  },
}

async function fillTargets(db: Kysely<Schema>): Promise<void> {
  const statements = new Statements(db)
  for await (const target of allTargets(db)) {
    const { figures, rungAt } = await targetFromRecord(db, target)
    if (figures === undefined) continue
    await db.insertInto('targets').values(rowOfTarget(figures)).execute()
    for (const [candidate, at] of rungAt) await runOn(db, laterRung(statements, candidate, at))
  }
}

/** @param since wall-clock ms */
async function fillSpending(db: Kysely<Schema>, since: number): Promise<void> {
  const calls = await db.selectFrom('calls').select('call_id').where('arrived_at', '>=', since).execute()
  const spent = new Map<string, { readonly quarter: number; readonly account: string; ms: number }>()
  for (const { call_id: callId } of calls) {
    const legs = new LegsOfCall()
    for (const { quarter, account, ms } of (await eventsOf(db, callId)).flatMap((event) => legs.apply(event))) {
      const key = `${quarter} ${account}`
      const sum = spent.get(key) ?? { quarter, account, ms: 0 }
      sum.ms += ms
      spent.set(key, sum)
    }
  }
  for (const row of spent.values()) if (row.quarter * quarterMs >= since) await db.insertInto('spending').values(row).execute()
}
