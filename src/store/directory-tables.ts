import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Integer, OptionalInteger } from './column-types.js'

/** Every version of the directory, numbered 1, 2, 3 ..., append-only. */
export interface DirectoryVersionsTable {
  version: Integer
  /** From when it was in force, wall-clock ms; never before that of an earlier version. */
  at: Integer
  /** As in `CallEventsTable`. */
  actor: string | null
  actor_id: string | null
  node: string | null
  /** What brought it: `file`, `command`, `api`. */
  source: string
  why: string | null
  /** How many entities it changed. */
  changed: Integer
}

/** The entities of the directory, each with the versions in which it was so. A row never changes, except to get its end. */
export interface DirectoryEntitiesTable {
  section: string
  id: string
  from_version: Integer
  /** The version in which it was no longer so; null: it is so now. */
  to_version: OptionalInteger
  /** Its place in its section; with fractions. */
  position: number
  /** `PlainEntity`, as JSON. */
  data: string
}

/** For each directory file, when it was last applied; with `directory_file_differences`, its content then. */
export interface DirectoryFilesTable {
  file: string
  /** The version in force after it. */
  version: Integer
  /** Of its bytes. */
  sha256: string
  at: Integer
}

/** Where a file differed from the version in force after it: others had changed that before. */
export interface DirectoryFileDifferencesTable {
  file: string
  section: string
  id: string
  /** `PlainEntity`, as JSON; null: the file did not have it. */
  data: string | null
}

/** Rotas from before the directory was kept here, as the engine's own file of that time had them. Append-only. */
export interface EarlierRotasTable {
  /** The engine that had kept them. */
  node: string
  line: string
  /** Its number among those of its line. */
  seq: Integer
  valid_from: Integer
  /** `RotaVersion`, as JSON. */
  data: string
}

/** The directory, in all its versions (room `versions`). */
export interface DirectoryTables {
  directory_versions: DirectoryVersionsTable
  directory_entities: DirectoryEntitiesTable
  directory_files: DirectoryFilesTable
  directory_file_differences: DirectoryFileDifferencesTable
  earlier_rotas: EarlierRotasTable
}

/** The tables of the directory, the same in both databases except for what keeps them append-only. @param text the type of names */
export async function makeDirectoryTables(db: Kysely<unknown>, text: RawBuilder<unknown>): Promise<void> {
  await db.schema
    .createTable('directory_versions')
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('actor', text)
    .addColumn('actor_id', text)
    .addColumn('node', text)
    .addColumn('source', text, (column) => column.notNull())
    .addColumn('why', 'text')
    .addColumn('changed', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('directory_versions_pk', ['version'])
    .execute()
  await db.schema.createIndex('directory_versions_by_time').on('directory_versions').columns(['at', 'version']).execute()
  await db.schema
    .createTable('directory_entities')
    .addColumn('section', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('from_version', 'bigint', (column) => column.notNull())
    .addColumn('to_version', 'bigint')
    .addColumn('position', 'double precision', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('directory_entities_pk', ['section', 'id', 'from_version'])
    .execute()
  await sql`create unique index directory_entities_now on directory_entities (section, id) where to_version is null`.execute(db)
  await sql`create index directory_entities_in_order on directory_entities (section, position, id) where to_version is null`.execute(db)
  await db.schema.createIndex('directory_entities_by_begin').on('directory_entities').columns(['from_version', 'section', 'id']).execute()
  await sql`create index directory_entities_by_end on directory_entities (to_version, section, id) where to_version is not null`.execute(db)
  await db.schema
    .createTable('directory_files')
    .addColumn('file', text, (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('sha256', text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('directory_files_pk', ['file'])
    .execute()
  await db.schema.createIndex('directory_files_by_bytes').on('directory_files').columns(['sha256', 'version']).execute()
  await db.schema
    .createTable('directory_file_differences')
    .addColumn('file', text, (column) => column.notNull())
    .addColumn('section', text, (column) => column.notNull())
    .addColumn('id', text, (column) => column.notNull())
    .addColumn('data', 'text')
    .addPrimaryKeyConstraint('directory_file_differences_pk', ['file', 'section', 'id'])
    .execute()
  await db.schema
    .createTable('earlier_rotas')
    .addColumn('node', text, (column) => column.notNull())
    .addColumn('line', text, (column) => column.notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('valid_from', 'bigint', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('earlier_rotas_pk', ['node', 'line', 'seq'])
    .execute()
  await db.schema.createIndex('earlier_rotas_by_line').on('earlier_rotas').columns(['line', 'valid_from']).execute()
}
