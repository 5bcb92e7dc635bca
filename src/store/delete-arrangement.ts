import { coversOf, hashOfEntry } from './chain/link.js'
import type { WritableDatabase } from './database.js'
import { hashOfEntries, type DeletedArrangement } from './questions/deleted.js'
import { rowsAbout } from './questions/ledger-entries.js'
import { lastLink } from './questions/links.js'

/** An arrangement as it was read when its retention period was found to be over. */
export interface ArrangementToDelete {
  readonly id: string
  /** Its ids in the ledger: its own, and those of requests that were noted on it. */
  readonly subjects: readonly string[]
  /** `seq` of its last entry. */
  readonly through: number
}

/**
 * Replaces the entries of an arrangement by rows that record the deletion.
 * @param certificate of the deletion that names it
 * @param at wall-clock ms
 * @returns undefined: it has changed since it was read, or is not in the chain yet; it stays. Rejects where it changes at the same moment
 */
export async function deleteArrangement(
  database: WritableDatabase,
  { id, subjects, through }: ArrangementToDelete,
  certificate: string,
  at: number,
): Promise<DeletedArrangement | undefined> {
  const { db } = database
  const rows = await rowsAbout(db, 'arrangement', subjects)
  if (rows.length === 0 || Number(rows.at(-1)?.seq) !== through) return undefined
  const link = await lastLink(db, 'entries')
  const covers = link && coversOf(link)
  if (covers?.kind !== 'entries' || covers.through < through) return undefined
  const deleted = rows.map((row) => ({ seq: Number(row.seq), arrangement: id, at, certificate, hash: hashOfEntry(row) }))
  const turn = database.inTurn?.(`arrangement ${id}`)
  await database.batch([
    ...(turn ? [turn] : []),
    db.insertInto('deleted_entries').values(deleted).compile(),
    {
      ...db.deleteFrom('ledger').where('topic', '=', 'arrangement').where('subject', 'in', subjects).compile(),
      mustChange: rows.length,
    },
  ])
  return { arrangementId: id, deletedAt: at, certificate, entries: rows.length, hash: hashOfEntries(deleted.map(({ hash }) => hash)) }
}
