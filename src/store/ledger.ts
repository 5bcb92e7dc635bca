import type { Kysely } from 'kysely'
import type { Schema } from './schema.js'

/** What is kept besides the facts of calls, each an append-only story of its own: arranged calls, devices, numbers cleared by hand. */
export type LedgerTopic = 'arrangement' | 'device' | 'watchList'

/** One thing that happened to one subject (an arrangement, a device, a telephone number). */
export interface LedgerEntry {
  /** Ascending over all topics; later entries have higher ones. */
  readonly seq: number
  readonly topic: LedgerTopic
  readonly subject: string
  /** Wall-clock ms. */
  readonly at: number
  readonly type: string
  /** As it was given; plain JSON. Whoever wrote it parses it again. */
  readonly data: unknown
}

/** An append-only journal on disk. Both methods reject in the database's own words when it cannot be asked. */
export interface Ledger {
  /** Resolves when the entry is on disk (fsync). */
  append(topic: LedgerTopic, subject: string, type: string, data: unknown): Promise<LedgerEntry>
  /** Every entry of a topic, in order. */
  entries(topic: LedgerTopic): Promise<readonly LedgerEntry[]>
}

/** Rows per question, so that a long ledger does not fill the memory twice. */
const rowsPerPage = 5_000

/** The ledger's table. */
export class LedgerTable {
  constructor(private readonly db: Kysely<Schema>) {}

  async keepEntry(entry: Omit<LedgerEntry, 'seq'>): Promise<LedgerEntry> {
    const { topic, subject, at, type, data } = entry
    const row = await this.db
      .insertInto('ledger')
      .values({ topic, subject, at, type, data: JSON.stringify(data) })
      .returning('seq')
      .executeTakeFirstOrThrow()
    return { ...entry, seq: Number(row.seq) }
  }

  async entriesOf(topic: LedgerTopic): Promise<readonly LedgerEntry[]> {
    const entries: LedgerEntry[] = []
    let after = 0
    for (;;) {
      const page = await this.db.selectFrom('ledger').selectAll().where('topic', '=', topic).where('seq', '>', after).orderBy('seq').limit(rowsPerPage).execute()
      for (const row of page) entries.push({ seq: Number(row.seq), topic, subject: row.subject, at: Number(row.at), type: row.type, data: JSON.parse(row.data) as unknown })
      const last = page.at(-1)
      if (!last) return entries
      after = Number(last.seq)
    }
  }
}
