import type { Selectable } from 'kysely'
import type { CallEventsTable, LedgerTable } from '../schema.js'
import type { LinksTable, UnlinkedTable } from '../chain/tables.js'
import type { VersionRows } from '../chain/link.js'
import type { Db } from '../statements.js'

/** The last link; of a kind, the last of that. */
export async function lastLink(db: Db, kind?: string): Promise<Selectable<LinksTable> | undefined> {
  let query = db.selectFrom('links').selectAll()
  if (kind !== undefined) query = query.where('kind', '=', kind)
  return query.orderBy('number', 'desc').limit(1).executeTakeFirst()
}

/** The next links, in order. */
export async function linksAfter(db: Db, number: number, limit: number): Promise<readonly Selectable<LinksTable>[]> {
  return db.selectFrom('links').selectAll().where('number', '>', number).orderBy('number').limit(limit).execute()
}

/** The next calls of which facts are not linked yet, by their ids. @param among these alone */
export async function unlinkedCalls(
  db: Db,
  after: string,
  limit: number,
  among?: readonly string[],
): Promise<readonly Selectable<UnlinkedTable>[]> {
  let query = db.selectFrom('unlinked').selectAll().where('call_id', '>', after)
  if (among !== undefined) query = query.where('call_id', 'in', among)
  return query.orderBy('call_id').limit(limit).execute()
}

/** The facts of these calls, by call and in order. */
export async function factsOfCalls(db: Db, callIds: readonly string[]): Promise<readonly Selectable<CallEventsTable>[]> {
  return callIds.length === 0
    ? []
    : db.selectFrom('call_events').selectAll().where('call_id', 'in', callIds).orderBy('call_id').orderBy('seq').execute()
}

/** The next calls by arrival, up to an instant (wall-clock ms). */
export async function callsArrivedUntil(
  db: Db,
  until: number,
  after: { readonly arrivedAt: number; readonly callId: string } | undefined,
  limit: number,
): Promise<readonly { readonly arrivedAt: number; readonly callId: string }[]> {
  let query = db.selectFrom('calls').select(['arrived_at', 'call_id']).where('arrived_at', '<=', until)
  if (after) query = query.where((where) => where(where.refTuple('arrived_at', 'call_id'), '>', where.tuple(after.arrivedAt, after.callId)))
  const rows = await query.orderBy('arrived_at').orderBy('call_id').limit(limit).execute()
  return rows.map((row) => ({ arrivedAt: Number(row.arrived_at), callId: row.call_id }))
}

/** The number of the last entry of the ledger that is committed; 0 for none. */
export async function lastEntry(db: Db): Promise<number> {
  const row = await db
    .selectFrom('ledger')
    .select(({ fn }) => fn.max('seq').as('seq'))
    .executeTakeFirst()
  return Number(row?.seq ?? 0)
}

/** The next entries of the ledger, of whatever topic. @param through the last one that may be among them */
export async function entriesBetween(db: Db, after: number, through: number, limit: number): Promise<readonly Selectable<LedgerTable>[]> {
  return db.selectFrom('ledger').selectAll().where('seq', '>', after).where('seq', '<=', through).orderBy('seq').limit(limit).execute()
}

/** Entries by their numbers. */
export async function entriesNumbered(db: Db, seqs: readonly number[]): Promise<readonly Selectable<LedgerTable>[]> {
  return seqs.length === 0
    ? []
    : db
        .selectFrom('ledger')
        .selectAll()
        .where('seq', 'in', seqs as never)
        .execute()
}

/** What versions of the directory changed, by their numbers. @param through the last one that may be among them */
export async function versionsBetween(db: Db, after: number, through: number): Promise<readonly VersionRows[]> {
  const versions = await db
    .selectFrom('directory_versions')
    .selectAll()
    .where('version', '>', after)
    .where('version', '<=', through)
    .orderBy('version')
    .execute()
  const began = await db
    .selectFrom('directory_entities')
    .select(['from_version', 'section', 'id', 'position', 'data'])
    .where('from_version', '>', after)
    .where('from_version', '<=', through)
    .execute()
  const ended = await db
    .selectFrom('directory_entities')
    .select(['to_version', 'from_version', 'section', 'id'])
    .where('to_version', '>', after)
    .where('to_version', '<=', through)
    .execute()
  return versions.map((version) => ({
    version,
    began: began.filter((row) => Number(row.from_version) === Number(version.version)),
    ended: ended.filter((row) => Number(row.to_version) === Number(version.version)),
  }))
}

/** An entry of the audit, and its seal. @param seq undefined: the last one. */
export async function sealOfAudit(db: Db, seq?: number): Promise<{ readonly seq: number; readonly seal: string } | undefined> {
  let query = db.selectFrom('audit').select(['seq', 'hash'])
  if (seq !== undefined) query = query.where('seq', '=', seq)
  const row = await query.orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return row && { seq: Number(row.seq), seal: row.hash }
}

/** How many entries of the ledger there are up to this number, and how many after it. */
export async function countEntries(db: Db, through: number): Promise<{ readonly upTo: number; readonly after: number }> {
  const counted = async (which: '<=' | '>') => {
    const row = await db
      .selectFrom('ledger')
      .select(({ fn }) => fn.countAll().as('n'))
      .where('seq', which, through as never)
      .executeTakeFirst()
    return Number(row?.n)
  }
  return { upTo: await counted('<='), after: await counted('>') }
}

/** The next entries of the ledger up to this number, in order. @param after `seq` of the last one before; undefined: from the first */
export async function entriesUpTo(
  db: Db,
  through: number,
  after: number | undefined,
  limit: number,
): Promise<readonly Pick<Selectable<LedgerTable>, 'seq' | 'topic' | 'type'>[]> {
  let query = db
    .selectFrom('ledger')
    .select(['seq', 'topic', 'type'])
    .where('seq', '<=', through as never)
  if (after !== undefined) query = query.where('seq', '>', after as never)
  return query.orderBy('seq').limit(limit).execute()
}
