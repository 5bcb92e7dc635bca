import type { ColumnDataType, Kysely, sql } from 'kysely'
import type { Integer } from './column-types.js'

/** What was asked for under a key of whoever asked. */
export interface AskedOnceTable {
  who: string
  key: string
  at: Integer
  /** As JSON; null: it is being done, or nobody knows. */
  answer: string | null
}

/** Room `operations`. */
export interface OnceTables {
  asked_once: AskedOnceTable
}

/** What was asked for under a key of whoever asked, and what was answered: asked again, it is answered the same. */
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
