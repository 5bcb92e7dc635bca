import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'
import { Kysely, Migrator, SqliteDialect, type SqliteDatabase } from 'kysely'
import { sqliteMigrations } from './migrations.js'
import type { Schema } from './schema.js'
import { codeOf, StoreError } from './store-error.js'

/** An open SQLite file behind Kysely. */
export interface OpenDatabase {
  readonly db: Kysely<Schema>
  close(): Promise<void>
}

/**
 * Opens the file for the one thread that writes. Every commit is on the disk when it returns (WAL, `synchronous=FULL`). A second
 * engine on the same file is refused: it would take the first one's running calls for interrupted ones.
 * @throws Error one line that says what is wrong with the file
 */
export async function openForWriting(file: string): Promise<OpenDatabase> {
  mkdirSync(dirname(file), { recursive: true })
  const lock = lockFor(file)
  try {
    const sqlite = new Database(file)
    sqlite.pragma('journal_mode = WAL')
    sqlite.pragma('synchronous = FULL')
    sqlite.pragma('busy_timeout = 5000')
    const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: forKysely(sqlite) }) })
    try {
      await migrate(db)
    } catch (error) {
      await db.destroy()
      throw error
    }
    return {
      db,
      async close() {
        await db.destroy()
        lock.close()
      },
    }
  } catch (error) {
    lock.close()
    throw error
  }
}

/** Opens the file for a thread that only asks; it never holds up the one that writes. */
export function openForReading(file: string): OpenDatabase {
  const sqlite = new Database(file)
  sqlite.pragma('busy_timeout = 5000')
  sqlite.pragma('query_only = 1')
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: forKysely(sqlite) }) })
  return { db, close: () => db.destroy() }
}

/** Held for the life of the engine; the operating system lets go of it however the process ends. */
function lockFor(file: string): { close(): void } {
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

async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(sqliteMigrations) } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error instanceof Error ? error : new Error('the tables could not be made', { cause: error })
}

/**
 * When the disk is full, SQLite takes the whole transaction back by itself (sqlite.org, "Response To Errors Within A Transaction"). Kysely
 * rolls back once more, and the refusal of that would hide what was wrong.
 */
function forKysely(sqlite: Database.Database): SqliteDatabase {
  return {
    close: () => sqlite.close(),
    prepare: (statement) => (statement === 'rollback' && !sqlite.inTransaction ? nothing : sqlite.prepare(statement)),
  }
}

const nothing: ReturnType<SqliteDatabase['prepare']> = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
}
