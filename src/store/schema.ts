import type { ColumnType, Generated } from 'kysely'
import type { Integer, OptionalInteger } from './column-types.js'
import type { ListColumns } from './list-columns.js'
import type { DirectoryTables } from './directory-tables.js'
import type { AccountTables } from './account-tables.js'
import type { DeletionTables } from './deletion-tables.js'
import type { OutboxTables } from './outbox-tables.js'
import type { PushTables } from './push-tables.js'
import type { ReportTables } from './report-tables.js'
import type { ReturnTables } from './return-tables.js'
import type { AvailabilityTables } from './availability-tables.js'
import type { OnceTables } from './once-tables.js'
import type { RecordingKeyTables } from './recording-key-tables.js'
import type { ChainTables } from './chain/tables.js'

/** The facts, append-only: the database itself refuses to change or delete a row. */
export interface CallEventsTable {
  call_id: string
  seq: Integer
  at: Integer
  /** Monotonic ms since the call's first fact. Null in facts from before it was kept, and in those of another run of the engine. */
  elapsed_ms: OptionalInteger
  /** Who did it: kind and id of `Actor`. Null in facts from before it was kept. */
  actor: string | null
  actor_id: string | null
  /** The engine that wrote it. */
  node: string | null
  type: string
  /** The fact's own fields, as JSON. */
  data: string
}

/** Read off the facts, for lists and reports; can be rebuilt at any time. */
export interface CallsTable extends ListColumns {
  call_id: string
  kind: string
  arrived_at: Integer
  caller_number: string
  dialled_number: string
  source: string
  node: string | null
  sip_call_id: string | null
  trunk: string | null
  organisation: string | null
  line: string | null
  answered_at: OptionalInteger
  accepted_at: OptionalInteger
  accepted_by: string | null
  wait_ms: OptionalInteger
  talk_ms: OptionalInteger
  refs: Integer
  attempts: Integer
  outcome: string | null
  outcome_by: string | null
  outcome_at: OptionalInteger
  ending: string | null
  ending_detail: string | null
  ended_at: OptionalInteger
  /** As every `..._after_ms`: ms after the call's first fact, by the monotonic clock where it was kept. */
  ended_after_ms: OptionalInteger
  line_chosen_after_ms: OptionalInteger
  talk_started_after_ms: OptionalInteger
  /** Who accepted, and as which pool's. */
  clinician: string | null
  pool: string | null
  /** Whose call it was, and whom it was about, as staff have said it. */
  assigned: string | null
  nhs_number: string | null
  last_seq: Integer
  /** 1: it is in the sums of its month (`roll_ups`). Null in a store from before there were any, until it has been counted. */
  rolled_up: ColumnType<number | string | null, number | null | undefined, number>
  /** The run of an engine that carries it, or carried it to its end (`EngineRun.incarnation`). The only column that is not read off the facts. Null: from before it was kept, or of an engine without a run. */
  owner: ColumnType<string | null, string | null | undefined, string>
}

/** What the calls of a month add up to (`figures/roll-up.ts`), kept up to date with the facts. */
export interface RollUpsTable {
  month: string
  scope: string
  id: string
  figure: string
  part: string
  amount: Integer
}

export interface AttemptsTable {
  call_id: string
  attempt: string
  position: Integer
  candidate: string
  label: string
  clinician: string | null
  pool: string
  target: string
  sip_call_id: string | null
  trunk: string | null
  started_at: Integer
  ringing_at: OptionalInteger
  answered_at: OptionalInteger
  accepted_at: OptionalInteger
  ended_at: OptionalInteger
  started_after_ms: Integer
  answered_after_ms: OptionalInteger
  accepted_after_ms: OptionalInteger
  ended_after_ms: OptionalInteger
  result: string | null
  status: OptionalInteger
  reason: string | null
  /** The proof of acceptance, as JSON. */
  proof: string | null
}

export interface RecordingsTable {
  recording_id: string
  call_id: string
  state: string
  spool_path: string
  started_at: Integer
  stopped_at: OptionalInteger
  ready_at: OptionalInteger
  path: string | null
  bytes: OptionalInteger
  /** With fractions. */
  seconds: number | null
  sha256: string | null
  why: string | null
}

/** How every telephone of a rota fares: read off the facts of its ringings, kept up to date with them. */
export interface TargetsTable {
  /** Given by the database. */
  id: Generated<number>
  /** As it was dialled. */
  target: string
  /** Whose it was last rung as. */
  candidate: string
  label: string
  rung: Integer
  answered: Integer
  /** Counts, as JSON. */
  by_result: string
  by_reason: string
  last_rung_at: Integer
  last_accepted_at: OptionalInteger
  /** The attempts that failed since a person was last reached there, as JSON, and how many they are. */
  failures: string
  failing: Integer
  /** In a list: 0 on the watch list, 1 not. */
  place: Integer
  watched_since: OptionalInteger
  /** When it was last taken off the watch list by hand. */
  cleared_at: OptionalInteger
  /** Counts the changes of this row. */
  version: ColumnType<number | string, number | undefined, number>
}

/** When each candidate of the rotas was last rung. */
export interface CandidatesTable {
  candidate: string
  last_rung_at: Integer
}

/** How long each account was on outgoing legs through trunks, by the quarter of an hour in which they were answered. */
export interface SpendingTable {
  /** Wall-clock ms divided by `quarterMs`. */
  quarter: Integer
  account: string
  ms: Integer
}

/** When each engine that ever wrote to this store was last seen alive. */
export interface EnginesTable {
  /** Its name; empty in a store from before engines had names. */
  node: string
  alive_at: Integer
}

/** The runs of engines that write to a store which several share, and whether they are over (`fleet/postgres`). Empty in a SQLite file. */
export interface EngineRunsTable {
  incarnation: string
  node: string
  started_at: Integer
  gone_at: OptionalInteger
  how: string | null
}

/** What is kept besides the facts of calls (`ledger.ts`), append-only as well. */
export interface LedgerTable {
  /** Given by the database. */
  seq: ColumnType<number | string, never, never>
  topic: string
  subject: string
  at: Integer
  /** As in `CallEventsTable`. */
  actor: string | null
  actor_id: string | null
  node: string | null
  type: string
  /** As JSON. */
  data: string
}

/** Every table: those of calls and of the ledger, which stand above, and those of the rooms, which stand beside what makes them. */
export interface Schema
  extends
    DirectoryTables,
    AccountTables,
    DeletionTables,
    OutboxTables,
    PushTables,
    ReportTables,
    ReturnTables,
    AvailabilityTables,
    OnceTables,
    RecordingKeyTables,
    ChainTables {
  call_events: CallEventsTable
  calls: CallsTable
  roll_ups: RollUpsTable
  attempts: AttemptsTable
  recordings: RecordingsTable
  targets: TargetsTable
  candidates: CandidatesTable
  spending: SpendingTable
  engines: EnginesTable
  engine_runs: EngineRunsTable
  ledger: LedgerTable
}
