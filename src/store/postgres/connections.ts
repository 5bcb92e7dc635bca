import { hostname } from 'node:os'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { beginningOf } from '../../facts/call-id.js'
import type { OpenDatabase, WritableDatabase } from '../database.js'
import type { Schema } from '../schema.js'
import type { Result, Row, Step } from '../statement.js'
import { StoreError } from '../store-error.js'
import { makeMonthsOf } from './months.js'

/** How a pool is used. */
export interface PoolUse {
  /** As the server shows it in `pg_stat_activity`. */
  readonly name: string
  readonly connections: number
  /** The server gives up a statement that takes longer, ms; 0: never. */
  readonly statementMs: number
  /** Of the engine whose connections they are; undefined: of a command, or a test. */
  readonly incarnation?: string | undefined
}

const connectWithinMs = 5_000
/** What is waited for an answer beyond the server's own patience, ms: then the connection is given up. */
const answerWithinMs = 2_000

/** `count`, `sum` and every `bigint` are numbers here: milliseconds and counts, far below 2^53. */
const numbers: ReadonlySet<number> = new Set<number>([pg.types.builtins.INT8, pg.types.builtins.NUMERIC])
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') =>
    numbers.has(oid) ? Number : otherType(oid, format)) as typeof pg.types.getTypeParser,
}
// The package takes any number, and says for each what it makes of it; its types know only some.
const otherType = pg.types.getTypeParser as (oid: number, format: 'text' | 'binary') => unknown

/** Connections to a server, made when they are needed. A connection that breaks harms only what was asked on it; the next one is a new one. */
export function poolOf(url: string, { name, connections, statementMs, incarnation }: PoolUse): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName(`${name} @ ${hostname()}`, incarnation),
    max: connections,
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
    // Statements of one transaction go out together: a batch takes one way there and back.
    pipeline: true,
    types,
    ...(statementMs === 0
      ? {}
      : {
          statement_timeout: statementMs,
          query_timeout: statementMs + answerWithinMs,
          lock_timeout: statementMs,
          idle_in_transaction_session_timeout: 2 * statementMs,
        }),
  })
  // A query in progress rejects by itself; a connection that breaks while idle is simply gone.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    client.on('error', () => undefined)
    // A commit must be on the disk before it returns.
    client
      .query("select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'")
      .catch(() => undefined)
  })
  return pool
}

/** At most the 63 characters that the server shows; it ends with the incarnation, by which another engine breaks off the connections of one that is gone. */
export function applicationName(what: string, incarnation: string | undefined): string {
  const end = incarnation === undefined ? '' : ` ${incarnation}`
  return `ringround ${what}`.slice(0, 63 - end.length) + end
}

/** Does `work` with a connection of its own. */
export async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    return await work(client)
  } finally {
    client.release()
  }
}

export function openOn(pool: pg.Pool): OpenDatabase {
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  let closing: Promise<void> | undefined
  return {
    db,
    close: () => (closing ??= pool.end()),
  }
}

/** @param incarnation of the run in whose name all of it is written: nothing is, once that run is over. Undefined: of a command, or a test */
export function writableOn(pool: pg.Pool, incarnation?: string): WritableDatabase {
  const prepared = new PreparedNames()
  const fence: readonly Step[] = incarnation === undefined ? [] : [{ sql: 'select ringround_fence($1)', parameters: [incarnation] }]
  return {
    ...openOn(pool),
    batch: async (steps) => (await batch(pool, prepared, [...fence, ...steps])).slice(fence.length),
    inTurn: (what) => ({ sql: 'select pg_advisory_xact_lock(hashtextextended($1, 2))', parameters: [what] }),
    async expect(callIds) {
      await withClient(pool, (client) =>
        makeMonthsOf(
          client,
          callIds.flatMap((id) => beginningOf(id) ?? []),
          Date.now(),
        ),
      )
    },
    async entriesCopied() {
      await pool.query("select setval(pg_get_serial_sequence('ledger', 'seq'), coalesce(max(seq), 0) + 1, false) from ledger")
    },
  }
}

/** Each text has a name, under which every connection keeps it prepared. */
class PreparedNames {
  readonly #names = new Map<string, string>()

  query({ sql, parameters }: Step): pg.QueryConfig {
    const name = this.#names.get(sql) ?? `ringround_${this.#names.size + 1}`
    this.#names.set(sql, name)
    return { name, text: sql, values: parameters.map(storable) }
  }
}

/** PostgreSQL takes every character in a text but this one. */
function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
}

async function batch(pool: pg.Pool, prepared: PreparedNames, steps: readonly Step[]): Promise<readonly Result[]> {
  const client = await pool.connect()
  let broken = false
  try {
    // Only where something has to be looked at before the commit does that take a second way.
    const guarded = steps.some(({ mustChange }) => mustChange !== undefined)
    const sent = [
      client.query('begin'),
      ...steps.map((step) => client.query(prepared.query(step))),
      ...(guarded ? [] : [client.query('commit')]),
    ]
    const told = await Promise.allSettled(sent)
    const refused = told.find((one) => one.status === 'rejected')
    try {
      if (refused) throw refused.reason
      const results = told.slice(1, steps.length + 1).map((one) => asResult((one as PromiseFulfilledResult<pg.QueryResult<Row>>).value))
      const wrong = steps.find(({ mustChange }, index) => mustChange !== undefined && results[index]?.changed !== mustChange)
      if (wrong) throw new StoreError(`a statement did not change ${wrong.mustChange ?? 0} rows`, 'CONFLICT')
      if (guarded) await client.query('commit')
      return results
    } catch (error) {
      // It may have been committed after all: it is written again, and found there.
      await client.query('rollback').catch(() => {
        broken = true
      })
      throw error
    }
  } finally {
    client.release(broken)
  }
}

function asResult({ rows, rowCount }: pg.QueryResult<Row>): Result {
  return { rows, changed: rowCount ?? 0 }
}
