import type { OpenDatabase, WritableDatabase } from './database.js'
import type { PostgresPlace } from './postgres/open.js'
import { openBeside, openForReading, openForWriting, openForWritingBeside } from './sqlite/open.js'

/** Opens the store of an engine for a command that only asks; the engine may run. @param postgres undefined: the SQLite file */
export async function openForAsking({
  file,
  postgres,
}: {
  readonly file: string
  readonly postgres: PostgresPlace | undefined
}): Promise<OpenDatabase> {
  if (postgres === undefined) return openForReading(file)
  const { openPostgresForReading } = await import('./postgres/open.js')
  return openPostgresForReading(postgres)
}

/** Opens a store for a command that fills it; no engine may run on that file, or under its name. Its tables are made. */
export async function openForUpkeep({
  file,
  postgres,
}: {
  readonly file: string
  readonly postgres: PostgresPlace | undefined
}): Promise<WritableDatabase> {
  if (postgres === undefined) return openForWriting(file)
  const { openPostgresForWriting } = await import('./postgres/open.js')
  return openPostgresForWriting(postgres.url)
}

/** Opens the store for a command that writes a row of its own; the engine may run. Its tables are made where no engine has made them yet. */
export async function openForAFew({
  file,
  postgres,
}: {
  readonly file: string
  readonly postgres: PostgresPlace | undefined
}): Promise<OpenDatabase> {
  if (postgres !== undefined) return openForUpkeep({ file, postgres })
  const beside = openBeside(file)
  try {
    await beside.db.selectFrom('people').select('id').limit(1).execute()
    return beside
  } catch {
    // A store of an older engine, which is not running.
    await beside.close()
    return openForUpkeep({ file, postgres })
  }
}

/** Opens a store for a command that writes what is no fact of a call; an engine may run. */
export async function openForWritingBesideEngines({
  file,
  postgres,
}: {
  readonly file: string
  readonly postgres: PostgresPlace | undefined
}): Promise<WritableDatabase> {
  if (postgres === undefined) return openForWritingBeside(file)
  const { openPostgresForWriting } = await import('./postgres/open.js')
  return openPostgresForWriting(postgres.url)
}
