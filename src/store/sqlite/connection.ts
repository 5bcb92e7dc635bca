import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'
import type { Result, Row, Statement, Step } from '../statement.js'
import { codeOf, StoreError } from '../store-error.js'

/** `write`: the connection of the one engine that writes. `read`: questions, so that a long one never holds up a fact. `beside`: a command that writes a row of its own while an engine runs, and never a fact. */
export type Role = 'write' | 'read' | 'beside'

/** Texts of statements that a connection keeps prepared: preparing one takes several times as long as running it. */
const keptStatements = 300

/** One connection to a SQLite file. It works at once and waits for the disk: never on the thread that carries calls. */
export class SqliteConnection {
  readonly #prepared = new Map<string, Database.Statement>()
  #closed = false

  private constructor(
    private readonly sqlite: Database.Database,
    private readonly lock: Database.Database | undefined,
    /** One that reads first and writes then must not find that another has written in between: its transactions have the right to write from their beginning. */
    private readonly begins: 'begin' | 'begin immediate',
  ) {}

  /**
   * Of the one that writes, every commit is on the disk when it returns (WAL, `synchronous=FULL`). A second engine on the same file is
   * refused: it would take the first one's running calls for interrupted ones. One that reads never holds up the one that writes.
   * @throws StoreError, or SQLite's own error
   */
  static open(file: string, role: Role): SqliteConnection {
    if (role === 'read') {
      const sqlite = new Database(file)
      sqlite.pragma('busy_timeout = 5000')
      sqlite.pragma('query_only = 1')
      return new SqliteConnection(sqlite, undefined, 'begin')
    }
    mkdirSync(dirname(file), { recursive: true })
    const lock = role === 'beside' ? undefined : lockFor(file)
    try {
      const sqlite = new Database(file)
      sqlite.pragma('journal_mode = WAL')
      sqlite.pragma('synchronous = FULL')
      sqlite.pragma('busy_timeout = 5000')
      return new SqliteConnection(sqlite, lock, 'begin immediate')
    } catch (error) {
      lock?.close()
      throw error
    }
  }

  /** @param inside in the transaction that was begun before. Where that is gone (the connection was lost meanwhile), nothing is done */
  run({ sql, parameters }: Statement, inside: boolean): Result {
    this.#refuseClosed()
    // When the disk is full, SQLite takes the whole transaction back by itself (sqlite.org, "Response To Errors Within A Transaction").
    if (inside && sql === 'rollback' && !this.sqlite.inTransaction) return { rows: [], changed: 0 }
    if (inside !== (this.sqlite.inTransaction || sql === 'begin')) throw new StoreError('the transaction is gone', 'LOST_TRANSACTION')
    return this.#run(sql === 'begin' ? this.begins : sql, parameters)
  }

  /** See `WritableDatabase.batch`. */
  batch(steps: readonly Step[]): readonly Result[] {
    this.#refuseClosed()
    this.#run('begin immediate', [])
    try {
      const results = steps.map((step) => {
        const result = this.#run(step.sql, step.parameters)
        if (step.mustChange !== undefined && result.changed !== step.mustChange)
          throw new StoreError(`${result.changed} rows were changed instead of ${step.mustChange}`, 'CONFLICT')
        return result
      })
      this.#run('commit', [])
      return results
    } catch (error) {
      if (this.sqlite.inTransaction) this.#run('rollback', [])
      throw error
    }
  }

  /** How SQLite goes about a statement. */
  plan(sql: string): readonly string[] {
    return (this.sqlite.prepare(`explain query plan ${sql}`).all([]) as { readonly detail: string }[]).map(({ detail }) => detail)
  }

  /** May be called twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#prepared.clear()
    try {
      // libsql releases a file only when its last statement is collected: until then, a running transaction would lock out all others.
      if (this.sqlite.inTransaction) this.sqlite.exec('rollback')
      // For the same reason it does not do so by itself: from here on the file is whole without its log.
      if (this.lock) this.#intoOneFile()
    } finally {
      this.sqlite.close()
      this.lock?.close()
    }
  }

  /** Only if there is no reader: one is not waited for, and the log stays beside the file. */
  #intoOneFile(): void {
    try {
      this.sqlite.pragma('busy_timeout = 0')
      this.sqlite.pragma('wal_checkpoint(truncate)')
    } catch {
      // The next process that opens it reads the log.
    }
  }

  /** libsql ends the process when it is asked something of a file that was closed. */
  #refuseClosed(): void {
    if (this.#closed) throw new StoreError('the store is closed', 'CLOSED')
  }

  #run(sql: string, parameters: readonly unknown[]): Result {
    const statement = this.#statement(sql)
    // Columns and their types are those of the schema; nothing else is in the file.
    if (statement.reader) {
      // Of a statement that returns what it has written, as PostgreSQL counts it.
      const rows = statement.all([...parameters]) as Row[]
      return { rows, changed: rows.length }
    }
    return { rows: [], changed: statement.run([...parameters]).changes }
  }

  #statement(sql: string): Database.Statement {
    const statement = this.#prepared.get(sql) ?? this.sqlite.prepare(sql)
    // Taken out and put in again: the one that was not run for longest is forgotten first.
    this.#prepared.delete(sql)
    this.#prepared.set(sql, statement)
    for (const oldest of this.#prepared.keys()) {
      if (this.#prepared.size <= keptStatements) break
      this.#prepared.delete(oldest)
    }
    return statement
  }
}

/** Held for the life of the engine; the operating system releases it however the process ends. */
function lockFor(file: string): Database.Database {
  const lock = new Database(`${file}.lock`)
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    // Everything else (a full disk, a file that may only be read) is no other engine.
    if (codeOf(error)?.startsWith('SQLITE_BUSY') !== true) throw error
    throw new StoreError(`${file} is in use by another engine. Stop that one, or give this one a data folder of its own.`, 'SQLITE_BUSY')
  }
  return lock
}
