import { sql, type Kysely, type Migration } from 'kysely'
import { makeAccountTables } from '../account-tables.js'
import { makeAvailabilityTables } from '../availability-tables.js'
import { makeBrowserTables } from '../browser-tables.js'
import { isArrangementFact } from '../arrangement-facts.js'
import { countAgain } from '../count-again.js'
import { makeDirectoryTables } from '../directory-tables.js'
import { makeChainTables } from '../chain/tables.js'
import { makeDeletedEntriesTable, makeDeletionTables } from '../deletion-tables.js'
import { makeOnceTables } from '../once-tables.js'
import { makeOutboxTables } from '../outbox-tables.js'
import { makePushTables } from '../push-tables.js'
import { makeRecordingKeyTables } from '../recording-key-tables.js'
import { makeReturnTables } from '../return-tables.js'
import { makeListColumns } from '../list-columns.js'
import { makeFigureIndexes, makeReportTables, makeSumsByFigure } from '../report-tables.js'
import { projectionsOfTheStart } from './growth-migration.js'

/**
 * The steps that make the tables, in order of their names; each runs once. This folder is the only one that may be particular to SQLite (the triggers
 * here); `postgres` has steps of its own.
 */
export const sqliteMigrations: Readonly<Record<string, Migration>> = {
  '001-facts-and-projections': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('call_events')
        .addColumn('call_id', 'text', (column) => column.notNull())
        .addColumn('seq', 'integer', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('data', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('call_events_pk', ['call_id', 'seq'])
        .execute()
      await refuse(db, 'call_events', 'update')
      await refuse(db, 'call_events', 'delete')

      await db.schema
        .createTable('calls')
        .addColumn('call_id', 'text', (column) => column.primaryKey())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('arrived_at', 'bigint', (column) => column.notNull())
        .addColumn('caller_number', 'text', (column) => column.notNull())
        .addColumn('dialled_number', 'text', (column) => column.notNull())
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('organisation', 'text')
        .addColumn('line', 'text')
        .addColumn('answered_at', 'bigint')
        .addColumn('accepted_at', 'bigint')
        .addColumn('accepted_by', 'text')
        .addColumn('wait_ms', 'bigint')
        .addColumn('talk_ms', 'bigint')
        .addColumn('refs', 'integer', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('outcome', 'text')
        .addColumn('outcome_by', 'text')
        .addColumn('outcome_at', 'bigint')
        .addColumn('ending', 'text')
        .addColumn('ending_detail', 'text')
        .addColumn('ended_at', 'bigint')
        .addColumn('last_seq', 'integer', (column) => column.notNull())
        .execute()
      await db.schema.createIndex('calls_by_arrival').on('calls').columns(['arrived_at', 'call_id']).execute()
      await db.schema.createIndex('calls_by_line').on('calls').columns(['line', 'arrived_at']).execute()
      await db.schema.createIndex('calls_by_organisation').on('calls').columns(['organisation', 'arrived_at']).execute()
      await db.schema.createIndex('calls_by_ending').on('calls').columns(['ending', 'arrived_at']).execute()

      await db.schema
        .createTable('attempts')
        .addColumn('call_id', 'text', (column) => column.notNull())
        .addColumn('attempt', 'text', (column) => column.notNull())
        .addColumn('position', 'integer', (column) => column.notNull())
        .addColumn('candidate', 'text', (column) => column.notNull())
        .addColumn('label', 'text', (column) => column.notNull())
        .addColumn('clinician', 'text')
        .addColumn('pool', 'text', (column) => column.notNull())
        .addColumn('target', 'text', (column) => column.notNull())
        .addColumn('started_at', 'bigint', (column) => column.notNull())
        .addColumn('ringing_at', 'bigint')
        .addColumn('answered_at', 'bigint')
        .addColumn('accepted_at', 'bigint')
        .addColumn('ended_at', 'bigint')
        .addColumn('result', 'text')
        .addColumn('status', 'integer')
        .addColumn('reason', 'text')
        .addColumn('proof', 'text')
        .addPrimaryKeyConstraint('attempts_pk', ['call_id', 'attempt'])
        .execute()
      await db.schema.createIndex('attempts_by_candidate').on('attempts').columns(['candidate', 'started_at']).execute()

      await db.schema
        .createTable('recordings')
        .addColumn('recording_id', 'text', (column) => column.primaryKey())
        .addColumn('call_id', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('spool_path', 'text', (column) => column.notNull())
        .addColumn('started_at', 'bigint', (column) => column.notNull())
        .addColumn('stopped_at', 'bigint')
        .addColumn('ready_at', 'bigint')
        .addColumn('path', 'text')
        .addColumn('bytes', 'bigint')
        .addColumn('seconds', 'double precision')
        .addColumn('sha256', 'text')
        .addColumn('why', 'text')
        .execute()
      await db.schema.createIndex('recordings_by_call').on('recordings').column('call_id').execute()

      await db.schema
        .createTable('engine_life')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('alive_at', 'bigint', (column) => column.notNull())
        .execute()
    },
  },
  '002-ledger': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('ledger')
        .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('topic', 'text', (column) => column.notNull())
        .addColumn('subject', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('data', 'text', (column) => column.notNull())
        .execute()
      await db.schema.createIndex('ledger_by_topic').on('ledger').columns(['topic', 'seq']).execute()
      await refuse(db, 'ledger', 'update')
      await refuse(db, 'ledger', 'delete')
    },
  },
  '003-arranged-calls': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.createIndex('ledger_by_subject').on('ledger').columns(['topic', 'subject', 'seq']).execute()
      // Over these few facts alone: an index over all of them would be written to with every fact of every call.
      await sql`create index arrangement_facts on call_events (at) where ${isArrangementFact}`.execute(db)
    },
  },
  '004-outcomes': {
    async up(db: Kysely<unknown>): Promise<void> {
      await sql`create index outcome_facts on call_events (at) where type = 'outcome.left'`.execute(db)
    },
  },
  '005-time-of-the-call': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('call_events').addColumn('elapsed_ms', 'bigint').execute()
      await db.schema.alterTable('calls').addColumn('ended_after_ms', 'bigint').execute()
      await db.schema
        .alterTable('attempts')
        .addColumn('started_after_ms', 'bigint', (column) => column.notNull().defaultTo(0))
        .execute()
      for (const column of ['answered_after_ms', 'accepted_after_ms', 'ended_after_ms'])
        await db.schema.alterTable('attempts').addColumn(column, 'bigint').execute()
      // From older facts, which have the wall clock alone.
      await sql`update calls set ended_after_ms = ended_at - arrived_at`.execute(db)
      await sql`update attempts set
        started_after_ms = started_at - (select arrived_at from calls where calls.call_id = attempts.call_id),
        answered_after_ms = answered_at - (select arrived_at from calls where calls.call_id = attempts.call_id),
        accepted_after_ms = accepted_at - (select arrived_at from calls where calls.call_id = attempts.call_id),
        ended_after_ms = ended_at - (select arrived_at from calls where calls.call_id = attempts.call_id)`.execute(db)
      // An acceptance that led to no talk does not count.
      await sql`update attempts set accepted_at = null, accepted_after_ms = null, proof = null where result is not null and result <> 'accepted'`.execute(
        db,
      )
      await sql`update calls set accepted_at = null, accepted_by = null, wait_ms = null
        where accepted_by is not null and not exists (select 1 from attempts where attempts.call_id = calls.call_id and attempts.attempt = calls.accepted_by and attempts.accepted_at is not null)`.execute(
        db,
      )
      // A recording that became ready after all has nothing to explain.
      await sql`update recordings set why = null where state = 'ready'`.execute(db)
    },
  },
  '006-who-and-where': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const table of ['call_events', 'ledger']) {
        for (const column of ['actor', 'actor_id', 'node']) await db.schema.alterTable(table).addColumn(column, 'text').execute()
      }
      await db.schema.alterTable('calls').addColumn('node', 'text').execute()
      for (const table of ['calls', 'attempts']) {
        for (const column of ['sip_call_id', 'trunk']) await db.schema.alterTable(table).addColumn(column, 'text').execute()
        // For looking up a Call-ID from the log of another server; most earlier calls have none.
        await db.schema
          .createIndex(`${table}_by_sip_call_id`)
          .on(table)
          .column('sip_call_id')
          .where('sip_call_id', 'is not', null)
          .execute()
      }
    },
  },
  '007-what-a-start-reads': projectionsOfTheStart,
  '008-several-engines': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('engines')
        .addColumn('node', 'text', (column) => column.primaryKey())
        .addColumn('alive_at', 'bigint', (column) => column.notNull())
        .execute()
      await sql`insert into engines (node, alive_at) select '', alive_at from engine_life`.execute(db)
      await db.schema.dropTable('engine_life').execute()
      await db.schema
        .alterTable('targets')
        .addColumn('version', 'bigint', (column) => column.notNull().defaultTo(0))
        .execute()
    },
  },
  '009-directory': {
    async up(db: Kysely<unknown>): Promise<void> {
      await makeDirectoryTables(db, sql`text`)
      for (const table of ['directory_versions', 'earlier_rotas'])
        for (const what of ['update', 'delete'] as const) await refuse(db, table, what)
      await refuse(db, 'directory_entities', 'delete')
      // What was so stays written as it was; all that may be added is in which version that ended.
      await sql`create trigger directory_entities_only_end before update on directory_entities when old.to_version is not null or new.to_version is null or (new.section, new.id, new.from_version, new.position, new.data) is not (old.section, old.id, old.from_version, old.position, old.data)
        begin select raise(abort, 'directory_entities is append-only'); end`.execute(db)
    },
  },
  '010-links': {
    async up(db: Kysely<unknown>): Promise<void> {
      await makeChainTables(db, sql`text`)
      await refuse(db, 'links', 'update')
      await refuse(db, 'links', 'delete')
    },
  },
  '011-figures': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const column of ['line_chosen_after_ms', 'talk_started_after_ms'])
        await db.schema.alterTable('calls').addColumn(column, 'bigint').execute()
      for (const column of ['clinician', 'pool']) await db.schema.alterTable('calls').addColumn(column, 'text').execute()
      await db.schema.alterTable('calls').addColumn('rolled_up', 'integer').execute()
      await sql`create index calls_not_rolled_up on calls (call_id) where rolled_up is null`.execute(db)
      await db.schema
        .createTable('roll_ups')
        .addColumn('month', 'text', (column) => column.notNull())
        .addColumn('scope', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('figure', 'text', (column) => column.notNull())
        .addColumn('part', 'text', (column) => column.notNull())
        .addColumn('amount', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('roll_ups_pk', ['scope', 'id', 'month', 'figure', 'part'])
        .execute()
      await db.schema.createIndex('roll_ups_by_month').on('roll_ups').columns(['scope', 'month']).execute()
    },
  },
  '012-accounts': {
    async up(db: Kysely<unknown>): Promise<void> {
      await makeAccountTables(db, 'text')
      await refuse(db, 'audit', 'update')
      await refuse(db, 'audit', 'delete')
    },
  },
  '013-keys-of-recordings': {
    async up(db: Kysely<unknown>): Promise<void> {
      await makeRecordingKeyTables(db, sql`text`)
      // A key is wrapped again, and goes with its recording; nothing else becomes of it.
      await sql`create trigger recording_keys_no_update before update on recording_keys when (new.key_id, new.recording_id, new.call_id) is not (old.key_id, old.recording_id, old.call_id)
        begin select raise(abort, 'recording_keys is append-only'); end`.execute(db)
      await sql`create trigger recording_keys_no_delete before delete on recording_keys
        when not exists (select 1 from call_events where call_id = old.call_id and type = 'recording.deleted' and json_extract(data, '$.recordingId') = old.recording_id)
        begin select raise(abort, 'the key of a recording goes with the fact that it was deleted'); end`.execute(db)
    },
  },
  '014-owners-of-calls': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('calls').addColumn('owner', 'text').execute()
      // As PostgreSQL has it, for questions that are the same for both. A file has one engine: it stays empty.
      await db.schema
        .createTable('engine_runs')
        .addColumn('incarnation', 'text', (column) => column.primaryKey())
        .addColumn('node', 'text', (column) => column.notNull())
        .addColumn('started_at', 'bigint', (column) => column.notNull())
        .addColumn('gone_at', 'bigint')
        .addColumn('how', 'text')
        .execute()
    },
  },
  '015-outbox': {
    async up(db: Kysely<unknown>): Promise<void> {
      await makeOutboxTables(db, sql`text`)
    },
  },
  '016-calls-report': { up: (db: Kysely<unknown>) => makeReportTables(db, sql`text`) },
  '017-hours-of-connections': { up: countAgain },
  '018-figures-of-days': { up: countAgain },
  '019-browsers': { up: (db: Kysely<unknown>) => makeBrowserTables(db, sql`text`) },
  '020-asked-once': { up: (db: Kysely<unknown>) => makeOnceTables(db, sql`text`) },
  '021-availability': { up: (db: Kysely<unknown>) => makeAvailabilityTables(db, sql`text`) },
  '022-deletions': { up: deletions },
  '023-monthly-returns': { up: (db: Kysely<unknown>) => makeReturnTables(db, sql`text`) },
  '024-figures-in-order': { up: makeFigureIndexes },
  '025-push': { up: (db: Kysely<unknown>) => makePushTables(db, sql`text`) },
  '026-deleted-arrangements': { up: deletedArrangements },
  '027-sums-by-figure': { up: makeSumsByFigure },
  '028-lists-in-one-row': { up: listsInOneRow },
}

/** Facts go with their call and the audit from its beginning on, where it is written down that they went. Nothing else goes. */
async function deletions(db: Kysely<unknown>): Promise<void> {
  await makeDeletionTables(db, sql`text`)
  for (const table of ['deleted_calls', 'audit_cuts']) {
    await refuse(db, table, 'update')
    await refuse(db, table, 'delete')
  }
  await sql`drop trigger call_events_no_delete`.execute(db)
  await sql`create trigger call_events_no_delete before delete on call_events when not exists (select 1 from deleted_calls where call_id = old.call_id)
    begin select raise(abort, 'call events are append-only'); end`.execute(db)
  await sql`drop trigger audit_no_delete`.execute(db)
  await sql`create trigger audit_no_delete before delete on audit when not exists (select 1 from audit_cuts where through >= old.seq)
    begin select raise(abort, 'audit is append-only'); end`.execute(db)
}

/** Entries of the ledger go with their arrangement, where it is written down that they went. Nothing else of the ledger goes. */
async function deletedArrangements(db: Kysely<unknown>): Promise<void> {
  await makeDeletedEntriesTable(db, sql`text`)
  await refuse(db, 'deleted_entries', 'update')
  await refuse(db, 'deleted_entries', 'delete')
  await sql`drop trigger ledger_no_delete`.execute(db)
  await sql`create trigger ledger_no_delete before delete on ledger when old.topic <> 'arrangement' or not exists (select 1 from deleted_entries where seq = old.seq)
    begin select raise(abort, 'the ledger is append-only'); end`.execute(db)
}

/** What a list shows of a call is in its row, and what it leaves out is known by the index along which it is read: on a disk, each row is a place of its own. */
async function listsInOneRow(db: Kysely<unknown>): Promise<void> {
  await makeListColumns(db, sql`text`)
  const asked = ['ending', 'outcome', 'talk_started_after_ms', 'kind', 'assigned']
  const again = async (name: string, columns: readonly string[], only?: string) => {
    await db.schema.dropIndex(name).execute()
    const index = db.schema
      .createIndex(name)
      .on('calls')
      .columns([...columns, ...asked])
    await (only === undefined ? index : index.where(sql.ref(only), 'is not', null)).execute()
  }
  await again('calls_by_line_and_organisation', ['line', 'organisation', 'arrived_at', 'call_id', 'clinician'])
  await again('calls_by_clinician', ['clinician', 'arrived_at', 'call_id', 'line', 'organisation'], 'clinician')
  for (const column of ['wait_ms', 'talk_ms', 'refs'])
    await again(`calls_by_${column}`, [column, 'call_id', 'arrived_at', 'line', 'organisation', 'clinician'], column)
}

/** What has been written stays as it is. */
async function refuse(db: Kysely<unknown>, table: string, what: 'update' | 'delete'): Promise<void> {
  const name = sql.raw(`${table}_no_${what}`)
  const words = sql.lit(`${table === 'call_events' ? 'call events are' : table === 'ledger' ? 'the ledger is' : `${table} is`} append-only`)
  await sql`create trigger ${name} before ${sql.raw(what)} on ${sql.raw(table)} begin select raise(abort, ${words}); end`.execute(db)
}
