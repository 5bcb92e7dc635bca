import { Kysely } from 'kysely'
import type { OpenDatabase, StoreDatabase, WritableDatabase } from '../database.js'
import { migrate } from '../migrate.js'
import { lastEntry } from '../questions/links.js'
import type { Schema } from '../schema.js'
import { codeOf, isDiskFull, isRefusal } from '../store-error.js'
import { SqliteConnection, type Role } from './connection.js'
import { Gate, GateDialect, runnerHere, type SqliteRunner } from './dialect.js'
import { sqliteMigrations } from './migrations.js'
import { SqliteThread } from './sqlite-thread.js'

/**
 * Opens the file on this thread, for a command or a test that writes, and makes the tables where they are missing.
 * @throws Error one line that says what is wrong with the file
 */
export async function openForWriting(file: string): Promise<WritableDatabase> {
  return writable(runnerHere(SqliteConnection.open(file, 'write')))
}

/** Opens the file on this thread, for a command that writes a row of its own while an engine runs. Makes no tables. */
export function openBeside(file: string): OpenDatabase {
  return openOn(new Gate(runnerHere(SqliteConnection.open(file, 'beside'))))
}

/**
 * Opens the file on this thread for a command that writes what is no fact of a call, such as a version of the directory: alone, or beside the engine that
 * holds the file. Tables are made where no engine runs.
 */
export async function openForWritingBeside(file: string): Promise<WritableDatabase> {
  try {
    return await openForWriting(file)
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_BUSY') throw error
    const gate = new Gate(runnerHere(SqliteConnection.open(file, 'beside')))
    return { ...openOn(gate), batch: (steps) => gate.batch(steps) }
  }
}

/** Opens the file on this thread, for a command that only asks; it never holds up an engine. */
export function openForReading(file: string): OpenDatabase {
  return openOn(new Gate(runnerHere(SqliteConnection.open(file, 'read'))))
}

/**
 * Opens the file for an engine: a thread that writes, and one that answers questions.
 * @param around done around whatever needs room on the disk
 */
export async function openThreads(file: string, around: <T>(work: () => Promise<T>) => Promise<T>): Promise<StoreDatabase> {
  const thread = (role: Role) => SqliteThread.open({ file, role })
  const writing = await around(async () => writable(await thread('write')))
  try {
    const reading = openOn(new Gate(await thread('read')))
    return {
      writing: { ...writing, batch: (steps) => around(() => writing.batch(steps)) },
      reading: reading.db,
      reports: reading.db,
      shared: false,
      // One writes, after the other.
      settledEntries: () => lastEntry(writing.db),
      close: async () => {
        await Promise.all([reading.close(), writing.close()])
      },
    }
  } catch (error) {
    await writing.close()
    throw error
  }
}

/** A database that can be written to, by whichever connection. Its tables are made. */
export async function writable(runner: SqliteRunner): Promise<WritableDatabase> {
  const gate = new Gate(runner)
  const open = openOn(gate)
  const { db } = open
  try {
    await migrate(db, sqliteMigrations)
  } catch (error) {
    await open.close()
    throw error
  }
  let ready: Promise<void> | undefined = Promise.resolve()
  return {
    ...open,
    async batch(steps) {
      try {
        await (ready ??= migrate(db, sqliteMigrations))
        return await gate.batch(steps)
      } catch (error) {
        // The connection was closed and will be opened again: what is there then may be another file.
        if (!isDiskFull(error) && !isRefusal(error)) ready = undefined
        throw error
      }
    },
  }
}

function openOn(gate: Gate): OpenDatabase {
  const db = new Kysely<Schema>({ dialect: new GateDialect(gate) })
  return {
    db,
    async close() {
      await db.destroy()
      await gate.close()
    },
  }
}
