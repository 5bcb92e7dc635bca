import type { ColumnType, Generated } from 'kysely'

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
  /** Who did it: kind and id of `Actor`. Null in facts of before it was kept. */
  actor: string | null
  actor_id: string | null
  /** The engine that wrote it. */
  node: string | null
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
  /** 1: it is in the sums of its month (`roll_ups`). Null in a store of before there were any, until it has been counted. */
  rolled_up: ColumnType<number | string | null, number | null | undefined, number>
  /** The run of an engine that carries it, or carried it to its end (`EngineRun.incarnation`). The only column that is not read off the facts. Null: of before it was kept, or of an engine without a run. */
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
  /** The ringings that failed since somebody was last reached there, as JSON, and how many they are. */
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

/** When everybody on a rota was last rung. */
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
  /** Its name; empty in a store of before engines had names. */
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

/** Every state in which the directory ever was, numbered 1, 2, 3 ..., append-only. */
export interface DirectoryVersionsTable {
  version: Integer
  /** From when it was in force, wall-clock ms; never before that of an earlier version. */
  at: Integer
  /** As in `CallEventsTable`. */
  actor: string | null
  actor_id: string | null
  node: string | null
  /** What brought it: `file`, `command`, `api`. */
  source: string
  why: string | null
  /** How many entities it changed. */
  changed: Integer
}

/** The entities of the directory, each with the versions in which it was so. Nothing of a row is ever changed but that it gets an end. */
export interface DirectoryEntitiesTable {
  section: string
  id: string
  from_version: Integer
  /** The version in which it was not so any more; null: it is so now. */
  to_version: OptionalInteger
  /** Its place in its section; with fractions. */
  position: number
  /** `PlainEntity`, as JSON. */
  data: string
}

/** For each directory file, when it was last applied: with `directory_file_differences`, what it said then. */
export interface DirectoryFilesTable {
  file: string
  /** The version that was in force behind it. */
  version: Integer
  /** Of its bytes. */
  sha256: string
  at: Integer
}

/** What a file said otherwise than the version that was in force behind it: others had changed that before. */
export interface DirectoryFileDifferencesTable {
  file: string
  section: string
  id: string
  /** `PlainEntity`, as JSON; null: the file did not have it. */
  data: string | null
}

/** Rotas of before the directory was kept here, as the engine's own file of that time had them. Append-only. */
export interface EarlierRotasTable {
  /** The engine that had kept them. */
  node: string
  line: string
  /** Its number among those of its line. */
  seq: Integer
  valid_from: Integer
  /** `RotaVersion`, as JSON. */
  data: string
}

/** What proves that facts and entries are as they were written (`chain/link.ts`), append-only. */
export interface LinksTable {
  number: Integer
  day: string
  at: Integer
  node: string
  kind: string
  /** As JSON. */
  covers: string
  before: string
  hash: string
}

export interface PeopleTable {
  id: string
  name: string
  email: string | null
  /** Id of a clinician of the directory, whose calls are theirs. */
  clinician: string | null
  created_at: Integer
  disabled_at: OptionalInteger
}

/** What a person signs in with: a password, a code generator, a passkey, recovery codes, an account of another provider. */
export interface CredentialsTable {
  id: string
  person: string
  kind: string
  label: string
  /** By kind: an argon2id hash, a sealed secret, a public key as JSON. */
  secret: string
  /** The last step of a code generator that was used; the counter of a passkey. */
  counter: Integer
  created_at: Integer
  used_at: OptionalInteger
}

export interface GrantsTable {
  id: string
  person: string
  role: string
  /** `everywhere`, `organisation` or `line`, with its id; empty: everywhere. */
  scope: string
  scope_id: string
  reason: string | null
  granted_by: string
  granted_at: Integer
  until: OptionalInteger
  ended_by: string | null
  ended_at: OptionalInteger
}

export interface SessionsTable {
  id: string
  token_hash: string
  person: string
  /** How they signed in. */
  method: string
  created_at: Integer
  seen_at: Integer
  expires_at: Integer
  second_factor_at: OptionalInteger
  /** For which organisation or line they act now (`organisation:elm-row`); empty: for all of theirs. */
  acting: string
  address: string
  user_agent: string
  ended_at: OptionalInteger
}

/** A browser with which somebody has signed in. */
export interface KnownBrowsersTable {
  person: string
  browser: string
  since: Integer
  seen_at: Integer
}

export interface SignInLinksTable {
  token_hash: string
  kind: string
  person: string
  made_by: string
  created_at: Integer
  expires_at: Integer
  used_at: OptionalInteger
}

/** What a sign-in of several steps remembers between them. */
export interface SignInStepsTable {
  token_hash: string
  kind: string
  /** As JSON. */
  data: string
  expires_at: Integer
}

export interface SignInGuessesTable {
  subject: string
  failures: Integer
  last_at: Integer
}

export interface ApiTokensTable {
  id: string
  token_hash: string
  kind: string
  name: string
  /** As JSON. */
  permissions: string
  scope: string
  scope_id: string
  made_by: string
  created_at: Integer
  expires_at: OptionalInteger
  used_at: OptionalInteger
  ended_at: OptionalInteger
}

/** Lists of calls that somebody has given a name. */
export interface SavedViewsTable {
  id: string
  /** Id of a person, or of a token. */
  owner: string
  name: string
  /** What it filters and sorts by, as a query string. */
  query: string
  created_at: Integer
}

/** Who saw or changed what (`src/audit`), append-only, each row sealed to the one before. */
export interface AuditTable {
  seq: Integer
  at: Integer
  node: string
  actor: string
  address: string
  action: string
  subject_kind: string
  subject: string
  why: string | null
  /** As JSON. */
  data: string
  before: string
  hash: string
}

/** Calls whose facts were deleted because their time was over (`src/retention`), append-only: without its row here the database lets go of no fact. */
export interface DeletedCallsTable {
  call_id: string
  at: Integer
  /** Id of the deletion in the ledger. */
  certificate: string
  facts: Integer
  /** Over all of them (`hashOfFacts`). */
  hash: string
}

/** What deleted calls have in the sums (`RollUpsTable`), so that these can still be recounted. */
export type DeletedSumsTable = RollUpsTable

/** Up to which entry the audit was deleted, and what sealed that one; append-only. */
export interface AuditCutsTable {
  through: Integer
  at: Integer
  certificate: string
  entries: Integer
  seal: string
}

/** Entries of the ledger that were deleted with the arrangement that they told of, append-only: without its row here the database lets go of none. */
export interface DeletedEntriesTable {
  /** Its number in the ledger. */
  seq: Integer
  /** Id of the arrangement. */
  arrangement: string
  at: Integer
  /** Id of the deletion in the ledger. */
  certificate: string
  /** Of the entry (`hashOfEntry`). */
  hash: string
}

/** Calls of which facts are not linked yet: the first and the last of these. A call that runs stands here until it is over. */
export interface UnlinkedTable {
  call_id: string
  first_seq: Integer
  last_seq: Integer
}

/** The key of each recording, under which its data key is wrapped; itself wrapped by a key of its organisation. With the recording it is deleted: a copy of the file is then unreadable. */
export interface RecordingKeysTable {
  key_id: string
  recording_id: string
  call_id: string
  /** Id of the key that wraps it. */
  by: string
  /** Base64. */
  wrapped: string
}

/** A message that goes out by itself (src/outbox). */
export interface OutboxTable {
  id: string
  /** What makes it the same message however often it is put in. */
  once: string
  person: string
  kind: string
  /** JSON. No secret, and nothing of a patient. */
  data: string
  state: string
  created_at: Integer
  due_at: Integer
  tries: Integer
  sent_at: OptionalInteger
  trouble: string | null
}

/** A browser that is told of things by Web Push, for as long as its session (src/outbox). */
export interface PushSubscriptionsTable {
  id: string
  person: string
  session: string
  /** Where its push service takes what is for it. Good for nobody without our key pair. */
  endpoint: string
  /** Its keys, by which nobody else reads it (RFC 8291): base64url. */
  p256dh: string
  auth: string
  created_at: Integer
}

/** A monthly return as it was handed in (src/reports). */
export interface MonthlyReturnsTable {
  month: string
  returned_at: Integer
  returned_by: string
  /** JSON. */
  rows: string
}

/** Who wants which messages. */
export interface SubscriptionsTable {
  person: string
  kind: string
}

/** What was asked for under a key of whoever asked. */
export interface AskedOnceTable {
  who: string
  key: string
  at: Integer
  /** As JSON; null: it is being done, or nobody knows. */
  answer: string | null
}

/** Who takes no calls for a while, as the ledger has it last. */
export interface NotNowTable {
  clinician: string
  since: Integer
  until: Integer
  why: string
  seq: Integer
}

export interface Schema {
  call_events: CallEventsTable
  calls: CallsTable
  attempts: AttemptsTable
  recordings: RecordingsTable
  targets: TargetsTable
  candidates: CandidatesTable
  spending: SpendingTable
  roll_ups: RollUpsTable
  engines: EnginesTable
  engine_runs: EngineRunsTable
  ledger: LedgerTable
  directory_versions: DirectoryVersionsTable
  directory_entities: DirectoryEntitiesTable
  directory_files: DirectoryFilesTable
  directory_file_differences: DirectoryFileDifferencesTable
  earlier_rotas: EarlierRotasTable
  links: LinksTable
  unlinked: UnlinkedTable
  people: PeopleTable
  credentials: CredentialsTable
  grants: GrantsTable
  sessions: SessionsTable
  known_browsers: KnownBrowsersTable
  sign_in_links: SignInLinksTable
  sign_in_steps: SignInStepsTable
  sign_in_guesses: SignInGuessesTable
  api_tokens: ApiTokensTable
  audit: AuditTable
  saved_views: SavedViewsTable
  asked_once: AskedOnceTable
  not_now: NotNowTable
  recording_keys: RecordingKeysTable
  deleted_calls: DeletedCallsTable
  deleted_sums: DeletedSumsTable
  audit_cuts: AuditCutsTable
  deleted_entries: DeletedEntriesTable
  outbox: OutboxTable
  subscriptions: SubscriptionsTable
  push_subscriptions: PushSubscriptionsTable
  monthly_returns: MonthlyReturnsTable
}
