import type { ColumnDataType, Insertable, Kysely, Selectable, sql } from 'kysely'
import type { CallRecord } from '../facts/call-record.js'
import type { OptionalInteger } from './column-types.js'
import type { CallsTable } from './schema.js'

/**
 * What a list shows of a call and other tables hold, kept beside it: a list then reads one row a call, where each row more is, in a store of a million calls, a place
 * of its own on the disk.
 */
export interface ListColumns {
  /** The name under which the acceptor was rung. */
  accepted_label: string | null
  /** Of the latest recording. */
  recording_state: string | null
  /** With fractions. */
  recording_seconds: number | null
  recording_bytes: OptionalInteger
  /** The arrangement that the call carries out. */
  arrangement: string | null
  /** The number of the fact up to which these columns are true: where it is not `last_seq`, an engine of an older version has written the row, and they are read elsewhere. */
  listed_seq: OptionalInteger
}

export const listColumns = [
  'accepted_label',
  'recording_state',
  'recording_seconds',
  'recording_bytes',
  'arrangement',
  'listed_seq',
] as const satisfies readonly (keyof ListColumns)[]

/** @param text the type of columns that are compared and sorted */
export async function makeListColumns(db: Kysely<unknown>, text: ColumnDataType | ReturnType<typeof sql>): Promise<void> {
  for (const [column, type] of [
    ['accepted_label', text],
    ['recording_state', text],
    ['recording_seconds', 'double precision'],
    ['recording_bytes', 'bigint'],
    ['arrangement', text],
    ['listed_seq', 'integer'],
  ] as const satisfies readonly (readonly [keyof ListColumns, unknown])[])
    await db.schema.alterTable('calls').addColumn(column, type).execute()
}

export function listColumnsOf(record: CallRecord): Insertable<ListColumns> {
  const accepted = record.attempts.find(({ attempt }) => attempt === record.acceptedBy)
  const latest = record.recordings.toSorted((a, b) => a.startedAt - b.startedAt || (a.recordingId < b.recordingId ? -1 : 1)).at(-1)
  return {
    accepted_label: accepted?.acceptedAt === undefined ? null : accepted.label,
    recording_state: latest?.state ?? null,
    recording_seconds: latest?.seconds ?? null,
    recording_bytes: latest?.bytes ?? null,
    arrangement: record.arrangement ?? null,
    listed_seq: record.lastSeq,
  }
}

/** Whether these columns of a row are true. */
export function isListed({ listed_seq, last_seq }: Pick<Selectable<CallsTable>, 'listed_seq' | 'last_seq'>): boolean {
  return listed_seq !== null && Number(listed_seq) === Number(last_seq)
}
