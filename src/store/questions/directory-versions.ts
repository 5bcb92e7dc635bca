import type { Selectable } from 'kysely'
import type { Origin } from '../../facts/actor.js'
import { originOf } from '../origin-columns.js'
import type { DirectoryVersionsTable } from '../directory-tables.js'
import type { Db } from '../statements.js'

/** What brought a version of the directory: a file that is watched, a command, the API. */
export const versionSources = ['file', 'command', 'api'] as const
export type VersionSource = (typeof versionSources)[number]

/** One state of the directory: who made it, when, by what and why. */
export interface DirectoryVersion extends Origin {
  /** 1, 2, 3 ... */
  readonly version: number
  /** From when it was in force, wall-clock ms. */
  readonly at: number
  readonly source: VersionSource
  readonly why?: string
  /** How many entities it changed. */
  readonly changed: number
}

/** The number of the version in force; 0: there is none yet. Asked once a second by every engine. */
export async function newestDirectoryVersion(db: Db): Promise<number> {
  const row = await db.selectFrom('directory_versions').select('version').orderBy('version', 'desc').limit(1).executeTakeFirst()
  return Number(row?.version ?? 0)
}

export async function directoryVersion(db: Db, version: number): Promise<DirectoryVersion | undefined> {
  const row = await db.selectFrom('directory_versions').selectAll().where('version', '=', version).executeTakeFirst()
  return row && asVersion(row)
}

/** The version that was in force at an instant (wall-clock ms). Undefined: there was none yet. */
export async function directoryVersionAt(db: Db, atMs: number): Promise<DirectoryVersion | undefined> {
  const row = await db
    .selectFrom('directory_versions')
    .selectAll()
    .where('at', '<=', atMs)
    .orderBy('at', 'desc')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && asVersion(row)
}

/** A page of them, the newest first. @param before number of the last one of the page before */
export async function directoryVersions(
  db: Db,
  { limit, before }: { readonly limit: number; readonly before?: number },
): Promise<readonly DirectoryVersion[]> {
  let query = db.selectFrom('directory_versions').selectAll()
  if (before !== undefined) query = query.where('version', '<', before)
  return (await query.orderBy('version', 'desc').limit(limit).execute()).map(asVersion)
}

function asVersion(row: Selectable<DirectoryVersionsTable>): DirectoryVersion {
  return {
    version: Number(row.version),
    at: Number(row.at),
    ...originOf(row),
    source: versionSources.find((source) => source === row.source) ?? 'api',
    ...(row.why === null ? {} : { why: row.why }),
    changed: Number(row.changed),
  }
}
