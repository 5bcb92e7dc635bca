import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
} from 'kysely'
import type { Result, Statement, Step } from '../statement.js'
import type { SqliteConnection } from './connection.js'

/** Runs compiled queries on one connection, in the order in which they come: in a thread of its own, or here. */
export interface SqliteRunner {
  /** @param inside in the transaction that was begun before */
  run(statement: Statement, inside: boolean): Promise<Result>
  batch(steps: readonly Step[]): Promise<readonly Result[]>
  close(): Promise<void>
}

/** On this thread, for commands and tests, which carry no calls. */
export function runnerHere(connection: SqliteConnection): SqliteRunner {
  return {
    run: (statement, inside) => soon(() => connection.run(statement, inside)),
    batch: (steps) => soon(() => connection.batch(steps)),
    close: () => soon(() => connection.close()),
  }
}

function soon<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()))
}

/**
 * One connection for many who ask. Statements go to it at once and in their order; a transaction of several messages has it to itself until its end,
 * and the others wait.
 */
export class Gate implements SqliteRunner {
  #holder: object | undefined
  #released: Promise<void> = Promise.resolve()
  #release: () => void = () => undefined

  constructor(private readonly runner: SqliteRunner) {}

  async run(statement: Statement, inside: boolean, asker?: object): Promise<Result> {
    while (this.#isHeldFrom(asker)) await this.#released
    return this.runner.run(statement, inside)
  }

  async batch(steps: readonly Step[]): Promise<readonly Result[]> {
    while (this.#isHeldFrom(undefined)) await this.#released
    return this.runner.batch(steps)
  }

  /** Begins a transaction. */
  async hold(asker: object): Promise<void> {
    while (this.#isHeldFrom(asker)) await this.#released
    this.#holder = asker
    this.#released = new Promise((resolve) => {
      this.#release = resolve
    })
    try {
      await this.runner.run({ sql: 'begin', parameters: [] }, true)
    } catch (error) {
      this.#let()
      throw error
    }
  }

  async end(how: 'commit' | 'rollback'): Promise<void> {
    try {
      await this.runner.run({ sql: how, parameters: [] }, true)
    } catch (error) {
      // A commit that failed is followed by a rollback.
      if (how === 'rollback') this.#let()
      throw error
    }
    this.#let()
  }

  close(): Promise<void> {
    return this.runner.close()
  }

  #let(): void {
    this.#holder = undefined
    this.#release()
  }

  #isHeldFrom(asker: object | undefined): boolean {
    return this.#holder !== undefined && this.#holder !== asker
  }
}

/** SQLite for Kysely, by a connection that may be in another thread. */
export class GateDialect implements Dialect {
  constructor(private readonly gate: Gate) {}

  createAdapter(): SqliteAdapter {
    return new SqliteAdapter()
  }

  createDriver(): Driver {
    return new GateDriver(this.gate)
  }

  createIntrospector(db: Kysely<unknown>): SqliteIntrospector {
    return new SqliteIntrospector(db)
  }

  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler()
  }
}

class GateDriver implements Driver {
  constructor(private readonly gate: Gate) {}

  init(): Promise<void> {
    return Promise.resolve()
  }

  acquireConnection(): Promise<GateConnection> {
    return Promise.resolve(new GateConnection(this.gate))
  }

  beginTransaction(connection: DatabaseConnection): Promise<void> {
    return ours(connection).begin()
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return ours(connection).end('commit')
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return ours(connection).end('rollback')
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve()
  }

  /** The code that opened the connection closes it: Kysely does so only where it was used. */
  destroy(): Promise<void> {
    return Promise.resolve()
  }
}

/** Kysely gives back what `acquireConnection` gave. */
function ours(connection: DatabaseConnection): GateConnection {
  if (!(connection instanceof GateConnection)) throw new Error('the connection is of another dialect')
  return connection
}

class GateConnection implements DatabaseConnection {
  #inside = false

  constructor(private readonly gate: Gate) {}

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changed } = await this.gate.run({ sql, parameters }, this.#inside, this)
    // The rows are those that the query asks for: Kysely's types say which.
    return { rows: rows as R[], numAffectedRows: BigInt(changed) }
  }

  /** No result is read row by row: lists and upkeep ask in pages. */
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    await Promise.reject(new Error('results come whole; ask in pages'))
  }

  async begin(): Promise<void> {
    await this.gate.hold(this)
    this.#inside = true
  }

  async end(how: 'commit' | 'rollback'): Promise<void> {
    await this.gate.end(how)
    this.#inside = false
  }
}
