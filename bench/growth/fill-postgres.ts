import { chmodSync, closeSync, openSync, rmSync, writeSync } from 'node:fs'
import pg from 'pg'
import { newCallId } from '../../src/facts/call-id.js'
import { openPostgresForWriting } from '../../src/store/postgres/open.js'
import type { Schema } from '../../src/store/schema.js'
import type { OwnPostgres } from '../own-postgres.js'
import type { Filling } from './made-store.js'

/** Text of one table handed over at a time, so that making and loading overlap. */
const charactersInOne = 16_000_000
const filesAhead = 4

/** Fills a database of our own server, by files that it reads. @param from start of the past, wall-clock ms */
export async function fillPostgres(server: OwnPostgres, url: string, from: number, to: number): Promise<Filling> {
  const store = await openPostgresForWriting(url)
  const months = Array.from({ length: Math.ceil((to - from) / (28 * 86_400_000)) + 1 }, (_, month) =>
    newCallId(Math.min(to, from + month * 28 * 86_400_000)),
  )
  await store.expect?.(months)
  await store.close()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows: indexes } = await client.query<{ name: string; sql: string }>(
    `select c.oid::regclass::text as name, pg_get_indexdef(c.oid) as sql from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace
      where n.nspname = 'public' and not i.indisunique and not c.relispartition`,
  )
  for (const { name } of indexes) await client.query(`drop index ${name}`)
  const waiting = new Map<keyof Schema, { readonly columns: readonly string[]; readonly lines: string[]; characters: number }>()
  let copying: Promise<unknown> = Promise.resolve()
  let files = 0
  let open = 0

  function handOver(table: keyof Schema): void {
    const { columns, lines } = waiting.get(table) ?? { columns: [], lines: [] }
    waiting.delete(table)
    if (lines.length === 0) return
    const file = server.fileFor(`past-${++files}`)
    const descriptor = openSync(file, 'w')
    writeSync(descriptor, lines.join(''))
    closeSync(descriptor)
    chmodSync(file, 0o644)
    open++
    copying = copying
      .then(() => client.query(`copy ${table} (${columns.map((column) => `"${column}"`).join()}) from '${file}'`))
      .then(() => {
        open--
        rmSync(file)
      })
  }

  return {
    insert(table, row) {
      const kept = waiting.get(table) ?? { columns: Object.keys(row), lines: [], characters: 0 }
      waiting.set(table, kept)
      const line = asText(kept.columns, row)
      kept.lines.push(line)
      kept.characters += line.length
      if (kept.characters >= charactersInOne) handOver(table)
    },
    async breathe() {
      // The server loads one while the next is made.
      await (open > filesAhead ? copying : new Promise((resolve) => setImmediate(resolve)))
    },
    async end() {
      for (const table of [...waiting.keys()]) handOver(table)
      await copying
      // Of a table in partitions PostgreSQL tells the index of none of them.
      for (const { sql } of indexes) await client.query(sql.replace(' ON ONLY ', ' ON '))
      for (const [table, column] of [
        ['ledger', 'seq'],
        ['targets', 'id'],
      ])
        await client.query(
          `select setval(pg_get_serial_sequence('${table}', '${column}'), coalesce(max(${column}), 0) + 1, false) from ${table}`,
        )
      await client.query('vacuum analyze')
      await client.query('checkpoint')
      const { rows } = await client.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes')
      await client.end()
      return Math.round(Number(rows[0]?.bytes) / 1_048_576)
    },
  }
}

/** A line of `copy`'s text format (postgresql.org, "COPY", File Formats). */
function asText(columns: readonly string[], row: object): string {
  let line = ''
  for (const column of columns) {
    // Texts and numbers: nothing else is kept.
    const value = row[column as keyof typeof row] as string | number | null
    line += `${value === null ? '\\N' : typeof value === 'string' && toEscape.test(value) ? value.replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character) : value}\t`
  }
  return `${line.slice(0, -1)}\n`
}

const toEscape = /[\\\t\n\r]/

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
