import { sql, type ColumnDataType, type Kysely } from 'kysely'
import type { Integer } from '../column-types.js'

/** The proof that facts and entries are as they were written (`chain/link.ts`), append-only. */
export interface LinksTable {
  number: Integer
  day: string
  at: Integer
  node: string
  kind: string
  /** As JSON. */
  covers: string
  before: string
  hash: string
}

/** Calls of which facts are not linked yet: the first and the last of these. A running call stays here until it is over. */
export interface UnlinkedTable {
  call_id: string
  first_seq: Integer
  last_seq: Integer
}

/** The chain. */
export interface ChainTables {
  links: LinksTable
  unlinked: UnlinkedTable
}

type Type = ColumnDataType | ReturnType<typeof sql>

/**
 * Links, and the calls that wait for one; the same in both databases.
 * @param text the type of columns that are compared and sorted
 */
export async function makeChainTables(db: Kysely<unknown>, text: Type): Promise<void> {
  await db.schema
    .createTable('links')
    .addColumn('number', 'bigint', (column) => column.primaryKey().notNull())
    .addColumn('day', text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('node', text, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('covers', 'text', (column) => column.notNull())
    .addColumn('before', text, (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('links_by_kind').on('links').columns(['kind', 'number']).execute()
  await db.schema
    .createTable('unlinked')
    .addColumn('call_id', text, (column) => column.primaryKey().notNull())
    .addColumn('first_seq', 'integer', (column) => column.notNull())
    .addColumn('last_seq', 'integer', (column) => column.notNull())
    .execute()
}
