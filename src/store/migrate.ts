import { Migrator, type Kysely, type Migration } from 'kysely'

/** Makes the tables, by the steps that have not run yet, in the order of their names. @throws Error what kept a step from running */
export async function migrate<T>(db: Kysely<T>, migrations: Readonly<Record<string, Migration>>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error instanceof Error ? error : new Error('the tables could not be made', { cause: error })
}
