import { sql, type ColumnDataType, type Kysely } from 'kysely'
import type { Integer, OptionalInteger } from './column-types.js'

export interface PeopleTable {
  id: string
  name: string
  email: string | null
  /** Id of the clinician in the directory that this person is: that clinician's calls are theirs. */
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
  /** The organisation or line for which they act now (`organisation:elm-row`); empty: all of theirs. */
  acting: string
  address: string
  user_agent: string
  ended_at: OptionalInteger
}

/** A browser with which a person has signed in. */
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

/** The state of a sign-in between its steps. */
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

/** Rooms `accounts` and `audit`. */
export interface AccountTables {
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
}

type Type = ColumnDataType | ReturnType<typeof sql>

/**
 * Who may sign in, what they may see, and what they did: tables of the rooms `accounts` and `audit`, the same in both databases. Cookies, links and tokens are kept
 * as SHA-256 alone.
 * @param text the type of columns that are compared and sorted
 */
export async function makeAccountTables(db: Kysely<unknown>, text: Type): Promise<void> {
  await db.schema
    .createTable('people')
    .addColumn('id', text, (column) => column.notNull().primaryKey())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('email', text)
    .addColumn('clinician', text)
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('disabled_at', 'bigint')
    .execute()
  await db.schema.createIndex('people_by_email').unique().on('people').column('email').where('email', 'is not', null).execute()
  await db.schema.createIndex('people_by_name').on('people').columns(['name', 'id']).execute()
  await db.schema
    .createTable('credentials')
    .addColumn('id', text, (column) => column.notNull().primaryKey())
    .addColumn('person', text, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('secret', 'text', (column) => column.notNull())
    .addColumn('counter', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint')
    .execute()
  await db.schema.createIndex('credentials_by_person').on('credentials').columns(['person', 'kind']).execute()
  await db.schema
    .createTable('grants')
    .addColumn('id', text, (column) => column.notNull().primaryKey())
    .addColumn('person', text, (column) => column.notNull())
    .addColumn('role', text, (column) => column.notNull())
    .addColumn('scope', text, (column) => column.notNull())
    .addColumn('scope_id', text, (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('granted_by', text, (column) => column.notNull())
    .addColumn('granted_at', 'bigint', (column) => column.notNull())
    .addColumn('until', 'bigint')
    .addColumn('ended_by', text)
    .addColumn('ended_at', 'bigint')
    .execute()
  await db.schema.createIndex('grants_by_person').on('grants').column('person').execute()
  await db.schema
    .createTable('sessions')
    .addColumn('id', text, (column) => column.notNull().primaryKey())
    .addColumn('token_hash', text, (column) => column.notNull().unique())
    .addColumn('person', text, (column) => column.notNull())
    .addColumn('method', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('second_factor_at', 'bigint')
    .addColumn('acting', text, (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('user_agent', 'text', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .execute()
  await db.schema.createIndex('sessions_by_person').on('sessions').columns(['person', 'created_at']).execute()
  await db.schema
    .createTable('sign_in_links')
    .addColumn('token_hash', text, (column) => column.notNull().primaryKey())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('person', text, (column) => column.notNull())
    .addColumn('made_by', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint')
    .execute()
  await db.schema.createIndex('sign_in_links_by_person').on('sign_in_links').column('person').execute()
  await db.schema
    .createTable('sign_in_steps')
    .addColumn('token_hash', text, (column) => column.notNull().primaryKey())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('sign_in_steps_by_end').on('sign_in_steps').column('expires_at').execute()
  await db.schema
    .createTable('sign_in_guesses')
    .addColumn('subject', text, (column) => column.notNull().primaryKey())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('last_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('api_tokens')
    .addColumn('id', text, (column) => column.notNull().primaryKey())
    .addColumn('token_hash', text, (column) => column.notNull().unique())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('permissions', 'text', (column) => column.notNull())
    .addColumn('scope', text, (column) => column.notNull())
    .addColumn('scope_id', text, (column) => column.notNull())
    .addColumn('made_by', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('used_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .execute()
  await db.schema
    .createTable('audit')
    .addColumn('seq', 'bigint', (column) => column.notNull().primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('node', text, (column) => column.notNull())
    .addColumn('actor', text, (column) => column.notNull())
    .addColumn('address', text, (column) => column.notNull())
    .addColumn('action', text, (column) => column.notNull())
    .addColumn('subject_kind', text, (column) => column.notNull())
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('why', 'text')
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('before', text, (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('audit_by_subject').on('audit').columns(['subject_kind', 'subject', 'seq']).execute()
  await db.schema.createIndex('audit_by_actor').on('audit').columns(['actor', 'seq']).execute()
  await db.schema.createIndex('audit_by_time').on('audit').columns(['at', 'seq']).execute()
}
