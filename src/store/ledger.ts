import type { Kysely, Selectable } from 'kysely'
import type { LedgerTable as LedgerRows, Schema } from './schema.js'

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

/** An append-only journal on disk. Every method rejects in the database's own words when it cannot be asked. */
export interface Ledger {
  /** Resolves when the entry is on disk (fsync). */
  append(topic: LedgerTopic, subject: string, type: string, data: unknown): Promise<LedgerEntry>
  /** Every entry of a topic, in order; with `from`, those of that `seq` and later ones. */
  entries(topic: LedgerTopic, from?: number): Promise<readonly LedgerEntry[]>
  /** Every entry of these subjects, in order. */
  entriesAbout(topic: LedgerTopic, subjects: readonly string[]): Promise<readonly LedgerEntry[]>
  /** The last entry of a subject. */
  latest(topic: LedgerTopic, subject: string): Promise<LedgerEntry | undefined>
}

/** Rows per question, so that a long ledger does not fill the memory twice. */
const rowsPerPage = 5_000
/** Subjects named in one question. */
const subjectsPerPage = 500

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

  async entriesOf(topic: LedgerTopic, from = 0): Promise<readonly LedgerEntry[]> {
    const entries: LedgerEntry[] = []
    let next = from
    for (;;) {
      const page = await this.db.selectFrom('ledger').selectAll().where('topic', '=', topic).where('seq', '>=', next).orderBy('seq').limit(rowsPerPage).execute()
      for (const row of page) entries.push(asEntry(row))
      const last = page.at(-1)
      if (!last || page.length < rowsPerPage) return entries
      next = Number(last.seq) + 1
    }
  }

  async entriesAbout(topic: LedgerTopic, subjects: readonly string[]): Promise<readonly LedgerEntry[]> {
    const entries: LedgerEntry[] = []
    for (let start = 0; start < subjects.length; start += subjectsPerPage) {
      const rows = await this.db.selectFrom('ledger').selectAll().where('topic', '=', topic).where('subject', 'in', subjects.slice(start, start + subjectsPerPage)).execute()
      for (const row of rows) entries.push(asEntry(row))
    }
    return entries.sort((a, b) => a.seq - b.seq)
  }

  async latestOf(topic: LedgerTopic, subject: string): Promise<LedgerEntry | undefined> {
    const row = await this.db.selectFrom('ledger').selectAll().where('topic', '=', topic).where('subject', '=', subject).orderBy('seq', 'desc').limit(1).executeTakeFirst()
    return row && asEntry(row)
  }
}

function asEntry(row: Selectable<LedgerRows>): LedgerEntry {
  // Topics are ours: nothing else writes the table.
  return { seq: Number(row.seq), topic: row.topic as LedgerTopic, subject: row.subject, at: Number(row.at), type: row.type, data: JSON.parse(row.data) as unknown }
}
