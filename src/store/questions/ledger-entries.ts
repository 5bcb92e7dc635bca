import { sql, type Selectable } from 'kysely'
import type { LedgerEntry, LedgerTopic } from '../ledger.js'
import { originColumns, originOf } from '../origin-columns.js'
import type { LedgerTable } from '../schema.js'
import type { Result, Step } from '../statement.js'
import type { Db } from '../statements.js'

/** The next entries of a topic, in order. @param from `seq` of the first one */
export async function entriesOf(db: Db, topic: LedgerTopic, from: number, limit: number): Promise<readonly LedgerEntry[]> {
  const rows = await db
    .selectFrom('ledger')
    .selectAll()
    .where('topic', '=', topic)
    .where('seq', '>=', from)
    .orderBy('seq')
    .limit(limit)
    .execute()
  return rows.map(asEntry)
}

/** Every entry of these subjects, in order. */
export async function entriesAbout(db: Db, topic: LedgerTopic, subjects: readonly string[]): Promise<readonly LedgerEntry[]> {
  if (subjects.length === 0) return []
  const rows = await db.selectFrom('ledger').selectAll().where('topic', '=', topic).where('subject', 'in', subjects).execute()
  return rows.map(asEntry).sort((a, b) => a.seq - b.seq)
}

/** The rows of these subjects as they stand in the table, in order. */
export async function rowsAbout(db: Db, topic: LedgerTopic, subjects: readonly string[]): Promise<readonly Selectable<LedgerTable>[]> {
  const rows = await db.selectFrom('ledger').selectAll().where('topic', '=', topic).where('subject', 'in', subjects).execute()
  return rows.toSorted((a, b) => Number(a.seq) - Number(b.seq))
}

/** The last entry of a subject. */
export async function latestOf(db: Db, topic: LedgerTopic, subject: string): Promise<LedgerEntry | undefined> {
  const row = await db
    .selectFrom('ledger')
    .selectAll()
    .where('topic', '=', topic)
    .where('subject', '=', subject)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && asEntry(row)
}

/** What writes one down, and returns its `seq`. */
export function noteOf(db: Db, { topic, subject, at, actor, node, type, data }: Omit<LedgerEntry, 'seq'>): Step {
  return db
    .insertInto('ledger')
    .values({ topic, subject, at, ...originColumns({ actor, node }), type, data: JSON.stringify(data) })
    .returning('seq')
    .compile()
}

/** As `noteOf`, where the subject has no entry after that `seq`; otherwise it changes nothing. */
export function noteAfter(db: Db, { topic, subject, at, actor, node, type, data }: Omit<LedgerEntry, 'seq'>, after: number): Step {
  const { actor: kind, actor_id: id, node: by } = originColumns({ actor, node })
  return sql`insert into ledger (topic, subject, at, actor, actor_id, node, type, data) select ${topic}, ${subject}, ${at}, ${kind}, ${id}, ${by}, ${type}, ${JSON.stringify(data)}
    where not exists (select 1 from ledger where topic = ${topic} and subject = ${subject} and seq > ${after}) returning seq`.compile(db)
}

/** The entry with the `seq` that the database has given to it. */
export function noted(entry: Omit<LedgerEntry, 'seq'>, result: Result | undefined): LedgerEntry {
  return { ...entry, seq: Number(result?.rows[0]?.['seq']) }
}

function asEntry(row: Selectable<LedgerTable>): LedgerEntry {
  // Topics are ours: nothing else writes the table.
  return {
    seq: Number(row.seq),
    topic: row.topic as LedgerTopic,
    subject: row.subject,
    at: Number(row.at),
    ...originOf(row),
    type: row.type,
    data: JSON.parse(row.data) as unknown,
  }
}
