import type { ColumnDataType, Kysely, sql } from 'kysely'
import type { Integer } from './column-types.js'

/** A request made under a key of the client's choice. */
export interface AskedOnceTable {
  who: string
  key: string
  at: Integer
  /** As JSON; null: it is being done, or its outcome is unknown. */
  answer: string | null
}

/** Room `operations`. */
export interface OnceTables {
  asked_once: AskedOnceTable
}

/** Requests made under a key of the client's choice, with their answers: the same request again gets the same answer. */
export async function makeOnceTables(db: Kysely<unknown>, text: ColumnDataType | ReturnType<typeof sql>): Promise<void> {
  await db.schema
    .createTable('asked_once')
    .addColumn('who', text, (column) => column.notNull())
    .addColumn('key', text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('answer', 'text')
    .addPrimaryKeyConstraint('asked_once_pk', ['who', 'key'])
    .execute()
  await db.schema.createIndex('asked_once_by_time').on('asked_once').column('at').execute()
}
