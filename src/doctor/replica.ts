import { messageOf } from '../common/errors.js'
import { askPostgres } from './ask-postgres.js'
import { fine, look, wrong, type Finding } from './finding.js'

/** The replica that lists and reports are read from. @param url `database.readUrl`; undefined: there is none. It may hold a password and is not repeated. */
export async function replica(url: string | undefined): Promise<readonly Finding[]> {
  if (url === undefined) return []
  try {
    const told = await askPostgres<{ replica: boolean; paused: boolean | null; primary: string | null }>(
      url,
      `select pg_is_in_recovery() as replica, case when pg_is_in_recovery() then pg_is_wal_replay_paused() end as paused,
        (select status from pg_stat_wal_receiver) as primary`,
    )
    if (told?.replica !== true)
      return [look('the server of database.readUrl is no replica', 'name a replica of database.url, or leave database.readUrl empty')]
    if (told.paused === true)
      return [wrong('the replay of the replica is paused: lists and reports stand still', 'select pg_wal_replay_resume() on it')]
    return told.primary === null
      ? [look('the replica has no connection to its primary', 'look at primary_conninfo, and at the log of both')]
      : [fine('the replica for lists and reports replays')]
  } catch (error) {
    return [
      wrong(
        `the replica does not answer (${(error as NodeJS.ErrnoException).code ?? messageOf(error)})`,
        'start it, or look at database.readUrl (DATABASE_READ_URL): lists and reports are read from it',
      ),
    ]
  }
}
