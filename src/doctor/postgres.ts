import { askPostgres } from './ask-postgres.js'
import { fine, look, wrong, type Finding } from './finding.js'

const driftMs = 1_000
/** The oldest tested version. */
const triedVersion = 15

/** @param url `postgres://...`; undefined: a SQLite file. It may hold a password and is not repeated. */
export async function postgres(url: string | undefined): Promise<readonly Finding[]> {
  if (url === undefined) return [fine('no PostgreSQL: a SQLite file in the data folder')]
  try {
    const told = await askPostgres<{ version: string; now: string; fsync: string; replica: boolean; may_create: boolean }>(
      url,
      "select current_setting('server_version_num') as version, extract(epoch from clock_timestamp()) * 1000 as now, current_setting('fsync') as fsync, pg_is_in_recovery() as replica, has_schema_privilege('public', 'create') as may_create",
    )
    if (told === undefined) return [wrong('PostgreSQL says nothing', 'look at its log')]
    const version = Math.floor(Number(told.version) / 10_000)
    const apart = Math.round(Number(told.now) - Date.now())
    return [
      version >= triedVersion
        ? fine(`PostgreSQL ${version} answers`)
        : look(`PostgreSQL ${version} answers; nothing older than ${triedVersion} has been tried`, `update it to ${triedVersion} or newer`),
      ...(Math.abs(apart) < driftMs ? [] : [look(`its clock and ours are ${Math.abs(apart)} ms apart`, 'have both machines set by NTP')]),
      ...(told.replica
        ? [
            wrong(
              'it is a replica and may only be read',
              'name the primary in database.url (DATABASE_URL), the replica in database.readUrl',
            ),
          ]
        : []),
      ...(told.fsync === 'on'
        ? []
        : [wrong('it does not wait for its disk (fsync = off): a power failure loses facts that were acknowledged', 'set fsync = on')]),
      ...(told.may_create || told.replica
        ? []
        : [wrong('our user may make no tables there', 'make it the owner of the database, or grant create on schema public')]),
    ]
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return [
      wrong(
        `PostgreSQL does not answer (${code ?? message})`,
        'start it, or look at database.url (DATABASE_URL): address, user, password, name of the database, TLS (sslmode)',
      ),
    ]
  }
}
