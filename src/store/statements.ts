import { CompiledQuery, type Kysely } from 'kysely'
import type { Schema } from './schema.js'
import type { Row, Step } from './statement.js'

/** A database, or a transaction of it. */
export type Db = Kysely<Schema>

/** A query that can be made into SQL. */
interface Buildable {
  compile(): { readonly sql: string }
}

/** Rows in one statement: the largest that fit, so that a few texts do for any number. */
const rowsInOne = [64, 16, 4, 1] as const

/**
 * Statements that are run for every fact: each is built once and run with other values ever after. Building one takes longer than running it,
 * and a connection keeps what it has prepared by its text.
 */
export class Statements {
  readonly #texts = new Map<string, string>()

  /** @param db by which they are built. None of them is run by it */
  constructor(private readonly db: Db) {}

  /**
   * A statement with these values.
   * @param key names it, among all of this store
   * @param build makes it, with as many parameters as there are values, in their order; called once
   */
  step(key: string, build: (db: Db) => Buildable, parameters: readonly unknown[]): Step {
    let sql = this.#texts.get(key)
    if (sql === undefined) {
      sql = build(this.db).compile().sql
      this.#texts.set(key, sql)
    }
    return { sql, parameters }
  }

  /** Rows that all have the same columns. @param key columns that make a row one of its kind: a row that is there takes the new values. Empty: it must not be there */
  insert(table: keyof Schema, rows: readonly object[], key: readonly string[] = []): readonly Step[] {
    const columns = Object.keys(rows[0] ?? {})
    return this.inParts(`insert ${table} ${key.join()}`, rows as readonly Row[], (db, some) => {
      // The names are those of the schema's row types; the builder cannot see that through `keyof Schema`.
      const insert = db.insertInto(table).values(some)
      return key.length === 0
        ? insert
        : insert.onConflict((conflict) =>
            conflict
              .columns(key as never)
              .doUpdateSet((row) =>
                Object.fromEntries(
                  columns.filter((column) => !key.includes(column)).map((column) => [column, row.ref(`excluded.${column}` as never)]),
                ),
              ),
          )
    })
  }

  /** Rows that all have the same columns, in as few statements as a few texts allow. @param key as of `step` @param build makes the statement that inserts some of them */
  inParts<R extends object>(key: string, rows: readonly R[], build: (db: Db, some: readonly R[]) => Buildable): readonly Step[] {
    const columns = Object.keys(rows[0] ?? {}) as (keyof R & string)[]
    const steps: Step[] = []
    for (let start = 0; start < rows.length;) {
      const size = rowsInOne.find((most) => most <= rows.length - start) ?? 1
      const some = rows.slice(start, start + size)
      steps.push(
        this.step(
          `${key} ${size} ${columns.join()}`,
          (db) => build(db, some),
          some.flatMap((row) => columns.map((column) => row[column])),
        ),
      )
      start += size
    }
    return steps
  }

  /** Changes one row. @param changed at least one column */
  update(table: keyof Schema, changed: Row, where: Row): Step {
    const [columns, keys] = [Object.keys(changed), Object.keys(where)]
    return this.step(
      `update ${table} ${columns.join()} ${keys.join()}`,
      (db) => {
        // As above.
        let update = db.updateTable(table).set(changed as never)
        for (const name of keys) update = update.where(name as never, '=', where[name] as never)
        return update
      },
      [...columns.map((column) => changed[column]), ...keys.map((name) => where[name])],
    )
  }
}

/** Runs one statement by itself, or in a transaction. */
export async function runOn(db: Db, { sql, parameters }: Step): Promise<readonly Row[]> {
  return (await db.executeQuery<Row>(CompiledQuery.raw(sql, [...parameters]))).rows
}

/** The columns of `now` that differ from those of `before`. */
export function changedColumns<T extends object>(before: T, now: T): Partial<T> {
  return Object.fromEntries(Object.entries(now).filter(([column, value]) => before[column as keyof T] !== value)) as Partial<T>
}
