import { sql, type Kysely, type Migration } from 'kysely'
import { makeAccountTables } from '../account-tables.js'
import { makeAvailabilityTables } from '../availability-tables.js'
import { makeBrowserTables } from '../browser-tables.js'
import { isArrangementFact } from '../arrangement-facts.js'
import { makeDirectoryTables } from '../directory-tables.js'
import { countAgain } from '../count-again.js'
import { makeDeletedEntriesTable, makeDeletionTables } from '../deletion-tables.js'
import { makeOnceTables } from '../once-tables.js'
import { makeOutboxTables } from '../outbox-tables.js'
import { makePushTables } from '../push-tables.js'
import { makeRecordingKeyTables } from '../recording-key-tables.js'
import { makeChainTables } from '../chain/tables.js'
import { makeReturnTables } from '../return-tables.js'
import { makeListColumns } from '../list-columns.js'
import { makeFigureIndexes, makeReportTables, makeSumsByFigure } from '../report-tables.js'
import { appendOnly, onlyDeleted } from './append-only.js'
import { index, makeFirstTables } from './first-tables.js'
import { restTable, untimedFrom } from './months.js'
import { text } from './text.js'

/** The steps that make the tables, in order of their names; each runs once. Tables and columns are those of the last step of `sqlite/migrations.ts`; a test holds the two together. */
export const postgresMigrations: Readonly<Record<string, Migration>> = {
  '001-the-store': { up: makeFirstTables },
  '002-runs-of-engines': { up: runsOfEngines },
  '003-directory': { up: directory },
  '004-links': {
    async up(db: Kysely<unknown>): Promise<void> {
      await makeChainTables(db, text)
      await appendOnly(db, 'links')
    },
  },
  '005-figures': { up: figures },
  '006-accounts': {
    async up(db: Kysely<unknown>): Promise<void> {
      await makeAccountTables(db, text)
      await appendOnly(db, 'audit')
    },
  },
  '007-keys-of-recordings': { up: keysOfRecordings },
  '008-owners-of-calls': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('calls').addColumn('owner', text).execute()
    },
  },
  '009-outbox': {
    async up(db: Kysely<unknown>): Promise<void> {
      await makeOutboxTables(db, text)
    },
  },
  '010-calls-report': { up: (db: Kysely<unknown>) => makeReportTables(db, text) },
  '011-hours-of-connections': { up: countAgain },
  '012-figures-of-days': { up: countAgain },
  '013-browsers': { up: (db: Kysely<unknown>) => makeBrowserTables(db, text) },
  '014-months': { up: months },
  '015-asked-once': { up: (db: Kysely<unknown>) => makeOnceTables(db, text) },
  '016-availability': { up: (db: Kysely<unknown>) => makeAvailabilityTables(db, text) },
  '017-deletions': { up: deletions },
  '018-monthly-returns': { up: (db: Kysely<unknown>) => makeReturnTables(db, text) },
  '019-figures-in-order': { up: makeFigureIndexes },
  '020-push': { up: (db: Kysely<unknown>) => makePushTables(db, text) },
  '021-deleted-arrangements': { up: deletedArrangements },
  '022-sums-by-figure': { up: makeSumsByFigure },
  '023-lists-in-one-row': { up: (db: Kysely<unknown>) => makeListColumns(db, text) },
}

/**
 * The facts of a call stand in the partition of the month in which it began (`months.ts`): its id says which, so that they are found by it, and its facts have one number each, in one table.
 * What there was becomes the partition for calls whose ids do not tell their time, in its place; only the few of them that sort among those of months are moved, into the rest.
 */
async function months(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger append_only on call_events`.execute(db)
  await sql`alter table call_events rename to call_events_untimed`.execute(db)
  await sql`alter index call_events_pk rename to call_events_untimed_pk`.execute(db)
  await sql`alter index arrangement_facts rename to call_events_untimed_arrangement_facts`.execute(db)
  await sql`create table call_events (like call_events_untimed including constraints, constraint call_events_pk primary key (call_id, seq)) partition by range (call_id)`.execute(
    db,
  )
  await sql`create index arrangement_facts on call_events (at, call_id, seq) where ${isArrangementFact}`.execute(db)
  await appendOnly(db, 'call_events')
  await sql`create table ${sql.table(restTable)} partition of call_events default`.execute(db)
  await sql`create trigger append_only_whole before truncate on ${sql.table(restTable)} for each statement execute function ringround_refuse_change()`.execute(
    db,
  )
  await sql`with moved as (delete from call_events_untimed where call_id < ${sql.lit(untimedFrom)} returning *) insert into call_events select * from moved`.execute(
    db,
  )
  await sql`alter table call_events attach partition call_events_untimed for values from (${sql.lit(untimedFrom)}) to (maxvalue)`.execute(
    db,
  )
}

/** Facts go with their call and the audit from its beginning on, where it is written down that they went. Nothing else goes. */
async function deletions(db: Kysely<unknown>): Promise<void> {
  await makeDeletionTables(db, text)
  await appendOnly(db, 'deleted_calls', 'audit_cuts')
  await onlyDeleted(db, 'call_events', 'exists (select 1 from deleted_calls where call_id = old.call_id)')
  await onlyDeleted(db, 'audit', 'exists (select 1 from audit_cuts where through >= old.seq)')
}

/** Entries of the ledger go with their arrangement, where it is written down that they went. Nothing else of the ledger goes. */
async function deletedArrangements(db: Kysely<unknown>): Promise<void> {
  await makeDeletedEntriesTable(db, text)
  await appendOnly(db, 'deleted_entries')
  await onlyDeleted(db, 'ledger', "old.topic = 'arrangement' and exists (select 1 from deleted_entries where seq = old.seq)")
}

async function figures(db: Kysely<unknown>): Promise<void> {
  for (const column of ['line_chosen_after_ms', 'talk_started_after_ms'])
    await db.schema.alterTable('calls').addColumn(column, 'bigint').execute()
  for (const column of ['clinician', 'pool']) await db.schema.alterTable('calls').addColumn(column, text).execute()
  await db.schema.alterTable('calls').addColumn('rolled_up', 'integer').execute()
  await sql`create index calls_not_rolled_up on calls (call_id) where rolled_up is null`.execute(db)
  await db.schema
    .createTable('roll_ups')
    .addColumn('month', text, (column) => column.notNull())
    .addColumn('scope', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('figure', text, (column) => column.notNull())
    .addColumn('part', text, (column) => column.notNull())
    .addColumn('amount', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('roll_ups_pk', ['scope', 'id', 'month', 'figure', 'part'])
    .execute()
  await index(db, 'roll_ups', 'roll_ups_by_month', ['scope', 'month'])
}

/** Which engines are one service (src/fleet). Only here: a SQLite file has one engine. */
async function runsOfEngines(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('engine_runs')
    .addColumn('incarnation', text, (column) => column.primaryKey())
    .addColumn('node', text, (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    // How and when it was over. From then on nothing is written in its name.
    .addColumn('gone_at', 'bigint')
    .addColumn('how', text)
    .execute()
  await sql`create index engine_runs_by_node on engine_runs (node) where gone_at is null`.execute(db)
  // Written some times a second by every engine: by itself, so that it waits for no fact, and needs to survive nothing.
  await sql`create unlogged table engine_beats (incarnation text collate "C" primary key, beats bigint not null, at bigint not null) with (fillfactor = 50)`.execute(
    db,
  )
  // The fence. Ending a run waits for the transactions that have passed here, and none passes afterwards.
  await sql`create function ringround_fence(run text) returns void language plpgsql as $$
    begin
      perform 1 from engine_runs where incarnation = run and gone_at is null for share;
      if not found then raise exception 'this run of the engine is over: it was frozen or cut off, and others have taken its place' using errcode = 'RR001'; end if;
    end $$`.execute(db)
}

async function keysOfRecordings(db: Kysely<unknown>): Promise<void> {
  await makeRecordingKeyTables(db, text)
  // A key is wrapped again, and goes with its recording; nothing else becomes of it.
  await sql`create trigger only_wrapped before update on recording_keys for each row
    when ((new.key_id, new.recording_id, new.call_id) is distinct from (old.key_id, old.recording_id, old.call_id)) execute function ringround_refuse_change()`.execute(
    db,
  )
  await sql`create function ringround_key_of_deleted() returns trigger language plpgsql as $$
    begin
      if not exists (select 1 from call_events where call_id = old.call_id and type = 'recording.deleted' and data::json ->> 'recordingId' = old.recording_id) then
        raise exception 'the key of a recording goes with the fact that it was deleted' using errcode = 'restrict_violation';
      end if;
      return old;
    end $$`.execute(db)
  await sql`create trigger only_deleted before delete on recording_keys for each row execute function ringround_key_of_deleted()`.execute(
    db,
  )
  await sql`create trigger append_only_whole before truncate on recording_keys for each statement execute function ringround_refuse_change()`.execute(
    db,
  )
}

async function directory(db: Kysely<unknown>): Promise<void> {
  await makeDirectoryTables(db, text)
  await appendOnly(db, 'directory_versions', 'earlier_rotas')
  // What was so stays written as it was; all that may be added is in which version that ended.
  await sql`create trigger only_end before update on directory_entities for each row
    when (old.to_version is not null or new.to_version is null or (new.section, new.id, new.from_version, new.position, new.data) is distinct from (old.section, old.id, old.from_version, old.position, old.data))
    execute function ringround_refuse_change()`.execute(db)
  await sql`create trigger append_only before delete on directory_entities for each row execute function ringround_refuse_change()`.execute(
    db,
  )
  await sql`create trigger append_only_whole before truncate on directory_entities for each statement execute function ringround_refuse_change()`.execute(
    db,
  )
}
