import type { Selectable } from 'kysely'
import type { CallEventsTable, EnginesTable, LedgerTable, Schema } from '../schema.js'
import type { LinksTable, UnlinkedTable } from '../chain/tables.js'
import type { Db } from '../statements.js'
import { linksAfter, unlinkedCalls } from './links.js'

/** Rows that are in memory at a time. */
const pageSize = 2_000
/** A link may name fifty calls. */
const linksAtOnce = 100

/** Every fact, by call and number. Upkeep: it reads all of it, in pages. */
export async function* factsInOrder(db: Db): AsyncGenerator<readonly Selectable<CallEventsTable>[]> {
  let after: { readonly callId: string; readonly seq: number } | undefined
  do {
    let query = db.selectFrom('call_events').selectAll()
    if (after) {
      const { callId, seq } = after
      query = query.where((where) => where(where.refTuple('call_id', 'seq'), '>', where.tuple(callId, seq)))
    }
    const page = await query.orderBy('call_id').orderBy('seq').limit(pageSize).execute()
    if (page.length > 0) yield page
    const last = page.at(-1)
    after = last && page.length === pageSize ? { callId: last.call_id, seq: Number(last.seq) } : undefined
  } while (after !== undefined)
}

/** Every entry of the ledger, in order, with its `seq`. */
export async function* entriesInOrder(db: Db): AsyncGenerator<readonly Selectable<LedgerTable>[]> {
  let after = 0
  while (true) {
    const page = await db.selectFrom('ledger').selectAll().where('seq', '>', after).orderBy('seq').limit(pageSize).execute()
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    after = Number(last.seq)
  }
}

/** The tables of the directory, the keys of recordings, and the tables of the rooms that keep their own (accounts, audit), in the order in which they are copied, with what each row of them is one by. */
export const directoryTables = {
  directory_versions: ['version'],
  directory_entities: ['section', 'id', 'from_version'],
  directory_files: ['file'],
  directory_file_differences: ['file', 'section', 'id'],
  earlier_rotas: ['node', 'line', 'seq'],
  people: ['id'],
  credentials: ['id'],
  grants: ['id'],
  sessions: ['id'],
  sign_in_links: ['token_hash'],
  api_tokens: ['id'],
  audit: ['seq'],
  saved_views: ['id'],
  known_browsers: ['person', 'browser'],
  asked_once: ['who', 'key'],
  not_now: ['clinician'],
  subscriptions: ['kind', 'person'],
  outbox: ['id'],
  push_subscriptions: ['id'],
  monthly_returns: ['month', 'returned_at'],
  recording_keys: ['key_id'],
  deleted_calls: ['call_id'],
  deleted_sums: ['scope', 'id', 'month', 'figure', 'part'],
  audit_cuts: ['through'],
  deleted_entries: ['seq'],
} as const satisfies Partial<Record<keyof Schema, readonly string[]>>
export type DirectoryTable = keyof typeof directoryTables

/** What becomes of every other table in a copy: the compiler asks for each that is added. `readOff`: made from the facts there. `left`: it is of what runs now, and means nothing elsewhere. */
export const otherTables = {
  call_events: 'copied',
  ledger: 'copied',
  links: 'copied',
  unlinked: 'copied',
  engines: 'copied',
  calls: 'readOff',
  attempts: 'readOff',
  recordings: 'readOff',
  targets: 'readOff',
  candidates: 'readOff',
  spending: 'readOff',
  roll_ups: 'readOff',
  engine_runs: 'left',
  sign_in_steps: 'left',
  sign_in_guesses: 'left',
} as const satisfies Record<Exclude<keyof Schema, DirectoryTable>, 'copied' | 'readOff' | 'left'>

/** Every row of such a table, in order. */
export async function* directoryRows(db: Db, table: DirectoryTable): AsyncGenerator<readonly Readonly<Record<string, unknown>>[]> {
  const keys: readonly string[] = directoryTables[table]
  let last: Readonly<Record<string, unknown>> | undefined
  do {
    // The names are those of the schema's row types; the builder cannot see that through a name that varies.
    let query = db.selectFrom(table).selectAll() as unknown as AnyQuery
    if (last) {
      const after = last
      query = query.where((where) => where(where.refTuple(...keys), '>', where.tuple(...keys.map((key) => after[key]))))
    }
    for (const key of keys) query = query.orderBy(key)
    const page = await query.limit(pageSize).execute()
    if (page.length > 0) yield page
    last = page.length === pageSize ? page.at(-1) : undefined
  } while (last !== undefined)
}

/** A query as far as it is built here. */
interface AnyQuery {
  where(build: (where: AnyWhere) => unknown): AnyQuery
  orderBy(column: string): AnyQuery
  limit(rows: number): AnyQuery
  execute(): Promise<readonly Readonly<Record<string, unknown>>[]>
}
interface AnyWhere {
  (left: unknown, operator: string, right: unknown): unknown
  refTuple(...columns: readonly string[]): unknown
  tuple(...values: readonly unknown[]): unknown
}

/** Every link, in order. */
export async function* linksInOrder(db: Db): AsyncGenerator<readonly Selectable<LinksTable>[]> {
  let after = 0
  while (true) {
    const page = await linksAfter(db, after, linksAtOnce)
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    after = Number(last.number)
  }
}

/** The calls that wait for a link, by their ids. */
export async function* unlinkedInOrder(db: Db): AsyncGenerator<readonly Selectable<UnlinkedTable>[]> {
  let after = ''
  while (true) {
    const page = await unlinkedCalls(db, after, pageSize)
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    after = last.call_id
  }
}

/** Every engine that ever wrote: few. */
export async function* enginesOf(db: Db): AsyncGenerator<readonly Selectable<EnginesTable>[]> {
  yield await db.selectFrom('engines').selectAll().execute()
}

/** Whether nothing has ever been written. */
export async function isEmpty(db: Db): Promise<boolean> {
  const fact = await db.selectFrom('call_events').select('seq').limit(1).executeTakeFirst()
  const entry = await db.selectFrom('ledger').select('seq').limit(1).executeTakeFirst()
  const version = await db.selectFrom('directory_versions').select('version').limit(1).executeTakeFirst()
  return fact === undefined && entry === undefined && version === undefined
}
