import type { ClientBase } from 'pg'
import { beginningOf, firstCallId } from '../../facts/call-id.js'
import { codeOf } from '../store-error.js'

/** Made ahead of the calls that will stand in them: of this month, and this many more. */
const monthsAhead = 2
/** A long read is not waited for: no engine could write meanwhile. */
const lockMs = 500
/** Ids of calls that begin before 2109. Older ids that do not tell their time sort behind them, but for one in sixty-four. */
export const untimedFrom = '04'
/** For what stands in no other partition. */
export const restTable = 'call_events_rest'

/** Only what moves facts from one partition to another may. */
const lockName = 'select pg_advisory_xact_lock(8244244037573142895)'

interface Month {
  readonly table: string
  readonly from: number
  readonly to: number
}

function monthOf(at: number, later = 0): Month {
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + later]
  const from = Date.UTC(year, month)
  return { table: `call_events_${new Date(from).toISOString().slice(0, 7).replace('-', '_')}`, from, to: Date.UTC(year, month + 1) }
}

/**
 * Makes the partitions of `call_events` for this month and the next ones, and those for facts that stand in the rest because they came for a month which had none. A table under a long read
 * is left for the next time: until then its facts stand in the rest, and nothing is lost.
 * @returns the partitions that were made
 */
export async function makeMonths(client: ClientBase, now: number): Promise<readonly string[]> {
  const { rows } = await client.query<{ call_id: string }>(
    `select distinct on (left(call_id, 8)) call_id from ${restTable} where call_id ~ '^0[0-3][0-9a-f]{6}-[0-9a-f]{4}-7'`,
  )
  const instants = [
    ...Array.from({ length: monthsAhead + 1 }, (_, later) => monthOf(now, later).from),
    ...rows.flatMap((row) => beginningOf(row.call_id) ?? []),
  ]
  return makeMonthsOf(client, instants, now)
}

/** The same for months that are known beforehand: of facts that are about to be copied. @param instants any within them */
export async function makeMonthsOf(client: ClientBase, instants: readonly number[], now: number): Promise<readonly string[]> {
  // A clock that was years ahead does not fill the catalogue: what it wrote stays in the rest.
  const last = monthOf(now, monthsAhead).to
  const months = new Map(instants.filter((at) => at < last).map((at) => [monthOf(at).table, monthOf(at)]))
  const made: string[] = []
  for (const month of [...months.values()].sort((a, b) => a.from - b.from)) if (await makeMonth(client, month)) made.push(month.table)
  return made
}

/** @returns false: it is there, or a read holds what would have to be locked */
async function makeMonth(client: ClientBase, { table, from, to }: Month): Promise<boolean> {
  const [first, end] = [firstCallId(from), firstCallId(to)]
  if (await isThere(client, table)) return false
  await client.query('begin')
  try {
    await client.query(`set local lock_timeout = ${lockMs}`)
    await client.query(lockName)
    if (await isThere(client, table)) {
      await client.query('rollback')
      return false
    }
    await client.query(`lock table ${restTable} in access exclusive mode`)
    await client.query(`create table ${table} (like call_events including constraints)`)
    // Facts are moved, not deleted: in this transaction alone, and all of them are in the other table at its end.
    await client.query(`alter table ${restTable} disable trigger user`)
    await client.query(
      `with moved as (delete from ${restTable} where call_id >= '${first}' and call_id < '${end}' returning *) insert into ${table} select * from moved`,
    )
    await client.query(`alter table ${restTable} enable trigger user`)
    await client.query(`alter table call_events attach partition ${table} for values from ('${first}') to ('${end}')`)
    await client.query(
      `create trigger append_only_whole before truncate on ${table} for each statement execute function ringround_refuse_change()`,
    )
    await client.query('commit')
    return true
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    if (codeOf(error) === lockNotAvailable) return false
    throw error
  }
}

/** postgresql.org, appendix A. */
const lockNotAvailable = '55P03'

async function isThere(client: ClientBase, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table])
  return rows[0]?.there === true
}
