import { createHash } from 'node:crypto'
import { grouped } from '../../figures/summary.js'
import { entriesOf } from './ledger-entries.js'
import { paged } from '../paged.js'
import type { LedgerEntry } from '../ledger.js'
import type { Db } from '../statements.js'

/** A call whose facts were deleted. */
export interface DeletedCall {
  readonly callId: string
  /** Wall-clock ms. */
  readonly deletedAt: number
  readonly certificate: string
  /** How many facts it had, and their hash (`hashOfFacts`), which proves a surviving copy genuine. */
  readonly facts: number
  readonly hash: string
}

/** Those of these calls that were deleted. */
export async function deletedCalls(db: Db, callIds: readonly string[]): Promise<readonly DeletedCall[]> {
  if (callIds.length === 0) return []
  const rows = await db.selectFrom('deleted_calls').selectAll().where('call_id', 'in', callIds).execute()
  return rows.map((row) => ({
    callId: row.call_id,
    deletedAt: Number(row.at),
    certificate: row.certificate,
    facts: Number(row.facts),
    hash: row.hash,
  }))
}

/** An arrangement whose entries in the ledger were deleted. */
export interface DeletedArrangement {
  readonly arrangementId: string
  /** Wall-clock ms. */
  readonly deletedAt: number
  readonly certificate: string
  /** How many entries it had, and the SHA-256 over their hashes (`hashOfEntry`), in order. */
  readonly entries: number
  readonly hash: string
}

/** An entry of the ledger that was deleted with its arrangement. */
export interface DeletedEntry {
  readonly arrangementId: string
  readonly deletedAt: number
  readonly certificate: string
  readonly hash: string
}

/** Those of these arrangements that were deleted. */
export async function deletedArrangements(db: Db, ids: readonly string[]): Promise<readonly DeletedArrangement[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('deleted_entries')
    .selectAll()
    .where('arrangement', 'in', ids)
    .orderBy('arrangement')
    .orderBy('seq')
    .execute()
  return [...grouped(rows, ({ arrangement }) => arrangement)].map(([arrangementId, entries]) => ({
    arrangementId,
    deletedAt: Number(entries[0]?.at),
    certificate: entries[0]?.certificate ?? '',
    entries: entries.length,
    hash: hashOfEntries(entries.map(({ hash }) => hash)),
  }))
}

/** @param hashes of entries, in their order */
export function hashOfEntries(hashes: readonly string[]): string {
  return createHash('sha256').update(hashes.join('\n')).digest('hex')
}

/** Those of the entries with these numbers that were deleted. */
export async function deletedEntries(db: Db, seqs: readonly number[]): Promise<ReadonlyMap<number, DeletedEntry>> {
  if (seqs.length === 0) return new Map()
  const rows = await db.selectFrom('deleted_entries').selectAll().where('seq', 'in', seqs).execute()
  return new Map(
    rows.map((row) => [
      Number(row.seq),
      { arrangementId: row.arrangement, deletedAt: Number(row.at), certificate: row.certificate, hash: row.hash },
    ]),
  )
}

/** Up to which entry the audit was deleted, and the seal of that one: the next entry follows it. */
export interface AuditCut {
  readonly through: number
  readonly seal: string
  readonly certificate: string
  /** How many entries went with it. */
  readonly entries: number
}

/** The last one; undefined: nothing of the audit was ever deleted. */
export async function lastAuditCut(db: Db): Promise<AuditCut | undefined> {
  const row = await db.selectFrom('audit_cuts').selectAll().orderBy('through', 'desc').limit(1).executeTakeFirst()
  return row && { through: Number(row.through), seal: row.seal, certificate: row.certificate, entries: Number(row.entries) }
}

/** A call that is over and of which nothing is recorded any more. */
export interface OldCall {
  readonly callId: string
  /** Wall-clock ms. */
  readonly arrivedAt: number
  readonly organisation: string | null
  readonly line: string | null
}

/** The next calls that arrived before an instant (wall-clock ms), are over, in the sums and in the chain, and have no recording any more; the oldest first. */
export async function oldCalls(
  db: Db,
  before: number,
  limit: number,
  after: Pick<OldCall, 'callId' | 'arrivedAt'> | undefined,
): Promise<readonly OldCall[]> {
  let query = db
    .selectFrom('calls')
    .select(['call_id', 'arrived_at', 'organisation', 'line'])
    .where('arrived_at', '<', before)
    .where('ending', 'is not', null)
    .where('rolled_up', '=', 1)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('recordings')
            .select('recording_id')
            .whereRef('recordings.call_id', '=', 'calls.call_id')
            .where('state', '<>', 'deleted'),
        ),
      ),
    )
    .where((where) =>
      where.not(where.exists(where.selectFrom('unlinked').select('unlinked.call_id').whereRef('unlinked.call_id', '=', 'calls.call_id'))),
    )
  if (after) query = query.where((where) => where(where.refTuple('arrived_at', 'call_id'), '>', where.tuple(after.arrivedAt, after.callId)))
  const rows = await query.orderBy('arrived_at').orderBy('call_id').limit(limit).execute()
  return rows.map((row) => ({ callId: row.call_id, arrivedAt: Number(row.arrived_at), organisation: row.organisation, line: row.line }))
}

/** Which deletion of the ledger names a call, an arrangement (`arrangement <id>`), or an end of the audit (`audit 17`). Read whole: for verification only. */
export async function deletionsInLedger(db: Db): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const named = new Map<string, Set<string>>()
  const put = (name: string, deletion: string) => named.set(name, (named.get(name) ?? new Set()).add(deletion))
  for await (const { subject, type, data } of paged(1_000, (limit, after: LedgerEntry | undefined) =>
    entriesOf(db, 'retention', after ? after.seq + 1 : 0, limit),
  )) {
    if (type !== 'begun' || typeof data !== 'object' || data === null) continue
    const deletion = subject.replace(/^deletion:/, '')
    const { calls, arrangements, audit } = data as {
      readonly calls?: unknown
      readonly arrangements?: unknown
      readonly audit?: { readonly through?: unknown }
    }
    if (Array.isArray(calls)) for (const callId of calls) put(String(callId), deletion)
    if (Array.isArray(arrangements)) for (const id of arrangements) put(`arrangement ${String(id)}`, deletion)
    if (typeof audit?.through === 'number') put(`audit ${audit.through}`, deletion)
  }
  return named
}
