import type { ColumnType } from 'kysely'

/** Milliseconds and counts: a number here, `bigint` in PostgreSQL (whose driver gives it back as text). */
type Integer = ColumnType<number | string, number, number>
type OptionalInteger = ColumnType<number | string | null, number | null, number | null>

/** The facts, append-only: the database itself refuses to change or delete a row. */
export interface CallEventsTable {
  call_id: string
  seq: Integer
  at: Integer
  /** Monotonic ms since the call's first fact. Null in facts of before it was kept, and in those of another run of the engine. */
  elapsed_ms: OptionalInteger
  type: string
  /** The fact's own fields, as JSON. */
  data: string
}

/** Read off the facts, for lists and reports; can be rebuilt at any time. */
export interface CallsTable {
  call_id: string
  kind: string
  arrived_at: Integer
  caller_number: string
  dialled_number: string
  source: string
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
  last_seq: Integer
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

/** One row: when the engine that owns this store was last seen alive. */
export interface EngineLifeTable {
  id: Integer
  alive_at: Integer
}

/** What is kept besides the facts of calls (`ledger.ts`), append-only as well. */
export interface LedgerTable {
  /** Given by the database. */
  seq: ColumnType<number | string, never, never>
  topic: string
  subject: string
  at: Integer
  type: string
  /** As JSON. */
  data: string
}

export interface Schema {
  call_events: CallEventsTable
  calls: CallsTable
  attempts: AttemptsTable
  recordings: RecordingsTable
  engine_life: EngineLifeTable
  ledger: LedgerTable
}
