import type { Selectable } from 'kysely'
import { lastAuditCut, type AuditCut } from '../store/questions/deleted.js'
import { storeTrouble } from '../store/store-error.js'
import type { AuditTable } from '../store/account-tables.js'
import type { Db } from '../store/statements.js'
import { sealOf, type AuditEntry } from './chain.js'

/** What a person did or saw, as given to the audit. */
export interface Told extends Pick<AuditEntry, 'actor' | 'address' | 'action' | 'subjectKind' | 'subject'> {
  readonly why?: string | undefined
  readonly data?: unknown
}

export interface Audit {
  /** Resolves when it is on disk. Rejects if it cannot be written: then nothing is done or shown. */
  tell(told: Told): Promise<void>
}

/** Tries for a place in the chain: several engines writing at once take turns. */
const tries = 50

/** The audit in the store. Simultaneous entries are written together. */
export function auditOf({
  writing,
  node,
  now = Date.now,
}: {
  readonly writing: Db
  readonly node: string
  readonly now?: () => number
}): Audit {
  let queued: { readonly told: Told; readonly at: number; readonly done: () => void; readonly failed: (error: Error) => void }[] = []
  let running = false

  async function drain(): Promise<void> {
    running = true
    while (queued.length > 0) {
      const some = queued
      queued = []
      try {
        await append(writing, node, some)
        for (const { done } of some) done()
      } catch (error) {
        for (const { failed } of some) failed(new Error(`the audit cannot be written: ${storeTrouble(error)}`, { cause: error }))
      }
    }
    running = false
  }

  return {
    tell(told) {
      return new Promise((done, failed) => {
        queued.push({ told, at: now(), done, failed })
        if (!running) void drain()
      })
    },
  }
}

async function append(db: Db, node: string, some: readonly { readonly told: Told; readonly at: number }[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const last = await db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst()
    let seq = Number(last?.seq ?? 0)
    let before = last?.hash ?? ''
    const rows = some.map(({ told, at }) => {
      seq++
      const { actor, address, action, subjectKind, subject, why } = told
      const data = JSON.stringify(told.data ?? {})
      const hash = sealOf(
        { seq, at, node, actor, address, action, subjectKind, subject, ...(why === undefined ? {} : { why }), before },
        data,
      )
      const row = { seq, at, node, actor, address, action, subject_kind: subjectKind, subject, why: why ?? null, data, before, hash }
      before = hash
      return row
    })
    try {
      await db.insertInto('audit').values(rows).execute()
      return
    } catch (error) {
      // Another engine has that place already.
      const now = await db.selectFrom('audit').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
      if (Number(now?.seq ?? 0) === Number(last?.seq ?? 0) || attempt === tries) throw error
    }
  }
}

export function entryOf(row: Selectable<AuditTable>): AuditEntry {
  const { seq, at, node, actor, address, action, subject_kind: subjectKind, subject, why, data, before, hash } = row
  return {
    ...{
      seq: Number(seq),
      at: Number(at),
      node,
      actor,
      address,
      action,
      subjectKind,
      subject,
      data: JSON.parse(data) as unknown,
      before,
      hash,
    },
    ...(why === null ? {} : { why }),
  }
}

/** A query for entries. `cursor`: the `seq` of the last one of the page before. */
export interface AuditFilter {
  readonly actor?: string | undefined
  readonly subjectKind?: string | undefined
  readonly subject?: string | undefined
  readonly cursor?: number | undefined
}

/** One page, the latest first. */
export async function auditPage(
  db: Db,
  { actor, subjectKind, subject, cursor }: AuditFilter,
  limit: number,
): Promise<readonly AuditEntry[]> {
  let query = db.selectFrom('audit').selectAll()
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (subjectKind !== undefined) query = query.where('subject_kind', '=', subjectKind)
  if (subject !== undefined) query = query.where('subject', '=', subject)
  if (cursor !== undefined) query = query.where('seq', '<', cursor)
  return (await query.orderBy('seq', 'desc').limit(limit).execute()).map(entryOf)
}

const pageSize = 1_000

/** Every row, the oldest first, in pages. */
async function* everyRow(db: Db): AsyncGenerator<Selectable<AuditTable>> {
  let after: number | undefined
  while (true) {
    // From the very first: a number below 1 is none of ours.
    const query = after === undefined ? db.selectFrom('audit') : db.selectFrom('audit').where('seq', '>', after)
    const page = await query.selectAll().orderBy('seq').limit(pageSize).execute()
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    after = Number(last.seq)
  }
}

export async function* everyEntry(db: Db): AsyncGenerator<AuditEntry> {
  for await (const row of everyRow(db)) yield entryOf(row)
}

/** Every entry, the oldest first, a line of JSON each. */
export async function* asJsonLines(db: Db): AsyncGenerator<string> {
  for await (const entry of everyEntry(db)) yield `${asJsonLine(entry)}\n`
}

/** One entry, without the end of the line. */
export function asJsonLine(entry: AuditEntry): string {
  return JSON.stringify({ ...entry, at: new Date(entry.at).toISOString() })
}

/** The oldest remaining entries, up to an instant (wall-clock ms), in pages. */
export async function* entriesUntil(db: Db, until: number): AsyncGenerator<AuditEntry> {
  for await (const row of everyRow(db)) {
    if (Number(row.at) >= until) return
    yield entryOf(row)
  }
}

/** Deletes the audit from its beginning up to an entry. The next one follows the seal of that one, which is kept. @param certificate of the deletion in the ledger that names it */
export async function cutAudit(db: Db, through: number, certificate: string, at: number): Promise<AuditCut> {
  return db.transaction().execute(async (transaction) => {
    const last = await transaction.selectFrom('audit').select(['seq', 'hash']).where('seq', '=', through).executeTakeFirstOrThrow()
    const before = await lastAuditCut(transaction)
    const cut = { through, seal: last.hash, certificate, entries: through - (before?.through ?? 0) }
    await transaction
      .insertInto('audit_cuts')
      .values({ ...cut, at })
      .execute()
    await transaction.deleteFrom('audit').where('seq', '<=', through).execute()
    return cut
  })
}

/** The result of verifying the chain. `at`: the first entry that is not as it was written, or whose place is wrong. `entries`: all that were ever written; `deleted`: the first ones of these, whose time was over. `head`: seq and hash of the last one, to be kept elsewhere. */
export type Verified =
  | { readonly kind: 'whole'; readonly entries: number; readonly deleted: number; readonly head: string }
  | { readonly kind: 'broken'; readonly at: number; readonly why: 'missing' | 'changed' | 'added' }

export const brokenInWords: Readonly<Record<Extract<Verified, { readonly kind: 'broken' }>['why'], string>> = {
  missing: 'entries are missing before the next one',
  changed: 'it is not as it was written',
  added: 'it was added past the engine',
}

/** Reads all of it. */
export async function verifyAudit(db: Db): Promise<Verified> {
  const cut = await lastAuditCut(db)
  let entries = cut?.through ?? 0
  let before = cut?.seal ?? ''
  for await (const row of everyRow(db)) {
    const { data, ...entry } = { ...entryOf(row), data: row.data }
    if (entry.seq <= entries) return { kind: 'broken', at: entry.seq, why: 'added' }
    if (entry.seq !== entries + 1 || entry.before !== before)
      return { kind: 'broken', at: entries + 1, why: entry.seq === entries + 1 ? 'changed' : 'missing' }
    if (sealOf(entry, data) !== entry.hash) return { kind: 'broken', at: entry.seq, why: 'changed' }
    entries++
    before = entry.hash
  }
  return { kind: 'whole', entries, deleted: cut?.through ?? 0, head: before }
}
