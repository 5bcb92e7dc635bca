import { entityOf, type Entity, type EntityName, type PlainEntity, type Section } from '../../directory/entities.js'
import type { Db } from '../statements.js'

/** When a directory file was last applied. */
export interface AppliedFile {
  /** The version that was in force behind it. */
  readonly version: number
  /** Of its bytes. */
  readonly sha256: string
  /** Wall-clock ms. */
  readonly at: number
}

export async function appliedFile(db: Db, file: string): Promise<AppliedFile | undefined> {
  const row = await db.selectFrom('directory_files').selectAll().where('file', '=', file).executeTakeFirst()
  return row && { version: Number(row.version), sha256: row.sha256, at: Number(row.at) }
}

/** The version behind which a file of these very bytes was applied, by whichever engine. */
export async function appliedBytes(db: Db, sha256: string): Promise<number | undefined> {
  const rows = await db
    .selectFrom('directory_files')
    .select('version')
    .where('sha256', '=', sha256)
    .orderBy('version', 'desc')
    .limit(1)
    .execute()
  return rows[0] && Number(rows[0].version)
}

/** What a file said otherwise than the version behind it. `entity` undefined: it did not have it. `order`: ids of a whole section, where they stood otherwise; then `id` is empty. */
export interface FileDifference extends EntityName {
  readonly entity: Entity | undefined
  readonly order?: readonly string[]
}

export async function fileDifferences(db: Db, file: string): Promise<readonly FileDifference[]> {
  const rows = await db.selectFrom('directory_file_differences').selectAll().where('file', '=', file).execute()
  return rows.map(({ section: name, id, data }): FileDifference => {
    // As in `directory-entities.ts`.
    const section = name as Section
    if (id === '') return { section, id, entity: undefined, order: JSON.parse(data ?? '[]') as readonly string[] }
    return { section, id, entity: data === null ? undefined : entityOf(section, id, JSON.parse(data) as PlainEntity) }
  })
}
