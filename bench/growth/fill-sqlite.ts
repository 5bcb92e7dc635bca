import { rmSync, statSync } from 'node:fs'
import { sql } from 'kysely'
import Database from 'libsql'
import type { Schema } from '../../src/store/schema.js'
import { openForWriting } from '../../src/store/sqlite/open.js'
import type { Filling } from './made-store.js'

/** Values in one statement, far below the limit. */
const valuesInOne = 800

/** Fills a SQLite file, which is useless if interrupted. */
export async function fillSqlite(file: string): Promise<Filling> {
  const empty = `${file}.empty`
  const tables = await openForWriting(empty)
  await sql`vacuum into ${sql.lit(file)}`.execute(tables.db)
  await tables.close()
  for (const end of ['', '-wal', '-shm', '-lock']) rmSync(`${empty}${end}`, { force: true })
  const sqlite = new Database(file)
  for (const pragma of ['journal_mode = off', 'synchronous = off', 'cache_size = -400000']) sqlite.pragma(pragma)
  const indexes = sqlite.prepare("select name, sql from sqlite_master where type = 'index' and sql is not null").all([]) as readonly {
    readonly name: string
    readonly sql: string
  }[]
  for (const { name } of indexes) sqlite.exec(`drop index ${name}`)
  sqlite.exec('begin')
  const waiting = new Map<keyof Schema, { readonly columns: readonly string[]; readonly values: unknown[]; readonly most: number }>()
  const statements = new Map<string, Database.Statement>()

  function write(table: keyof Schema, columns: readonly string[], values: readonly unknown[]): void {
    const one = `(${columns.map(() => '?').join()})`
    const text = `insert into ${table} (${columns.map((column) => `"${column}"`).join()}) values ${Array.from({ length: values.length / columns.length }, () => one).join()}`
    let statement = statements.get(text)
    if (statement === undefined) statements.set(text, (statement = sqlite.prepare(text)))
    statement.run(values)
  }

  return {
    insert(table, row) {
      let kept = waiting.get(table)
      if (kept === undefined) {
        const columns = Object.keys(row)
        waiting.set(table, (kept = { columns, values: [], most: Math.floor(valuesInOne / columns.length) * columns.length }))
      }
      for (const column of kept.columns) kept.values.push(row[column as keyof typeof row])
      if (kept.values.length < kept.most) return
      write(table, kept.columns, kept.values)
      kept.values.length = 0
    },
    breathe: () => Promise.resolve(),
    end() {
      for (const [table, { columns, values }] of waiting) if (values.length > 0) write(table, columns, values)
      for (const index of indexes) sqlite.exec(index.sql)
      sqlite.exec('commit')
      statements.clear()
      sqlite.close()
      return Promise.resolve(Math.round(statSync(file).size / 1_048_576))
    },
  }
}
