import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { OpenDatabase, StoreDatabase, WritableDatabase } from '../database.js'
import { migrate } from '../migrate.js'
import { lastEntry } from '../questions/links.js'
import type { Db } from '../statements.js'
import { openOn, poolOf, withClient, writableOn } from './connections.js'
import { EngineName } from './engine-name.js'
import { postgresMigrations } from './migrations.js'
import { makeMonths } from './months.js'

export interface PostgresPlace {
  /** `postgres://user:password@host:port/database`. Never repeated in a message: it may hold a password. */
  readonly url: string
  /** A replica that is read for lists and reports; it may be some seconds behind. Undefined: the same server. */
  readonly readUrl?: string | undefined
}

export interface PostgresSurroundings {
  /** Name of this engine: of all that use the database, none has the same. */
  readonly node: string
  /** Of this run of it, 16 hexadecimal digits: it begins here, and everything is written in its name. Undefined: no other engine looks whether this one is alive. */
  readonly incarnation?: string | undefined
  /** Called when another engine has taken the name of this one while the connection was lost, and when that is over. */
  readonly nameTaken: (isTaken: boolean) => void
}

/** Facts: few, short, and never behind anything else. */
const writing = { name: 'facts', connections: 3, statementMs: 10_000 }
const reading = { name: 'questions', connections: 4, statementMs: 10_000 }
const reports = { name: 'lists', connections: 4, statementMs: 30_000 }

/** Opens the database for an engine, and makes the tables where they are missing. Several engines may do so at once. */
export async function openPostgres(
  { url, readUrl }: PostgresPlace,
  { node, incarnation, nameTaken }: PostgresSurroundings,
): Promise<StoreDatabase> {
  await makeTables(url)
  const name = await EngineName.hold(url, node, incarnation, nameTaken)
  const facts = poolOf(url, { ...writing, incarnation })
  const pools = {
    writing: writableOn(facts, incarnation),
    reading: openOn(poolOf(url, { ...reading, incarnation })),
    reports: openOn(poolOf(readUrl ?? url, { ...reports, incarnation })),
  }
  if (incarnation !== undefined) await beginRun(facts, node, incarnation)
  return {
    writing: pools.writing,
    reading: pools.reading.db,
    reports: pools.reports.db,
    replica: readUrl === undefined || readUrl === url ? undefined : pools.reports.db,
    shared: true,
    settledEntries: () => settledEntries(pools.writing.db),
    upkeep: async (now) => {
      await withClient(facts, (client) => makeMonths(client, now))
    },
    async close() {
      await Promise.all([pools.writing.close(), pools.reading.close(), pools.reports.close()])
      // Last: until everything is written, no other run takes this engine's name.
      await name.close()
    },
  }
}

const nowMs = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

/** This engine has the name: the run that had it before is gone. Runs that were over yesterday are forgotten. */
async function beginRun(pool: pg.Pool, node: string, incarnation: string): Promise<void> {
  await pool.query(`update engine_runs set gone_at = ${nowMs}, how = 'replaced' where node = $1 and gone_at is null`, [node])
  await pool.query(`delete from engine_runs where gone_at < ${nowMs} - 86400000`)
  await pool.query(
    'delete from engine_beats where not exists (select 1 from engine_runs where engine_runs.incarnation = engine_beats.incarnation)',
  )
  await pool.query(`insert into engine_runs (incarnation, node, started_at) values ($1, $2, ${nowMs})`, [incarnation, node])
}

/** A number is drawn before its entry is committed, and a later one may be committed first: for a moment, no engine writes. */
async function settledEntries(db: Db): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    await sql`set local lock_timeout = '2s'`.execute(transaction)
    await sql`lock table ledger in share mode`.execute(transaction)
    return lastEntry(transaction)
  })
}

/** Opens the database for a command or a test that writes. */
export async function openPostgresForWriting(url: string): Promise<WritableDatabase> {
  await makeTables(url)
  return writableOn(poolOf(url, { ...writing, statementMs: 0 }))
}

/** Opens the database for a command that only asks. */
export function openPostgresForReading({ url, readUrl }: PostgresPlace): OpenDatabase {
  return openOn(poolOf(readUrl ?? url, { ...reports, statementMs: 0 }))
}

/** Key of the lock under which the tables are made: "ringroun" in ASCII. */
const migrationLock = '8244244037573142894'

/** One engine makes the tables; the others wait for it, and find them made. */
async function makeTables(url: string): Promise<void> {
  const lock = new pg.Client({ connectionString: url, application_name: 'ringround migrations', connectionTimeoutMillis: 5_000 })
  lock.on('error', () => undefined)
  await lock.connect()
  try {
    await lock.query(`select pg_advisory_lock(${migrationLock})`)
    const db = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: poolOf(url, { name: 'migrations', connections: 2, statementMs: 0 }) }),
    })
    try {
      await migrate(db, postgresMigrations)
    } finally {
      await db.destroy()
    }
    await makeMonths(lock, Date.now())
  } finally {
    await lock.end()
  }
}
