import type { Selectable } from 'kysely'
import type { CallFilter, CallSummary } from '../call-filter.js'
import { isListed, listColumns } from '../list-columns.js'
import type { CallsTable } from '../schema.js'
import type { Db } from '../statements.js'
import { asEvent } from './events-of.js'

/** What a call is found and put in order by. */
export const keyColumns = ['call_id', 'arrived_at', 'wait_ms', 'talk_ms', 'refs', 'organisation', 'line', 'clinician', 'outcome'] as const
/** What a list shows of a call, all in its row. */
export const rowColumns = [
  ...keyColumns,
  'kind',
  'caller_number',
  'dialled_number',
  'attempts',
  'accepted_by',
  'talk_started_after_ms',
  'assigned',
  'nhs_number',
  'ending',
  'ended_at',
  'last_seq',
  ...listColumns,
] as const

export type Key = Pick<Selectable<CallsTable>, (typeof keyColumns)[number]>
export type Row = Pick<Selectable<CallsTable>, (typeof rowColumns)[number]>

/** The list columns of these calls, in their order. Calls given by key alone are read. */
export async function summaries(
  db: Db,
  keys: readonly (Key | Row)[],
  { ending }: Pick<CallFilter, 'ending'>,
): Promise<readonly CallSummary[]> {
  const rows = new Map<string, Row>()
  const missing: string[] = []
  for (const key of keys) {
    if ('kind' in key) rows.set(key.call_id, key)
    else missing.push(key.call_id)
  }
  if (missing.length > 0)
    for (const row of await db.selectFrom('calls').select(rowColumns).where('call_id', 'in', missing).execute()) rows.set(row.call_id, row)
  const unlisted = [...rows.values()].filter((row) => !isListed(row)).map(({ call_id }) => call_id)
  const elsewhere = unlisted.length === 0 ? undefined : await besides(db, unlisted)
  return keys.flatMap(({ call_id }) => {
    const row = rows.get(call_id)
    // The beginning of a call that has a record of its own elsewhere is shown to those who ask for such.
    if (row === undefined || (row.ending === 'cameAgain' && ending !== 'cameAgain')) return []
    return [summary(row, isListed(row) ? ofRow(row) : elsewhere?.(row))]
  })
}

/** What stands beside a call: in its row, or in other tables. */
type Beside = Pick<CallSummary, 'acceptedBy' | 'recording' | 'arrangement'>

const nothing: Beside = { acceptedBy: null, recording: null, arrangement: null }

function summary(row: Row, beside: Beside = nothing): CallSummary {
  return {
    callId: row.call_id,
    kind: row.kind,
    arrivedAt: Number(row.arrived_at),
    callerNumber: row.caller_number,
    dialledNumber: row.dialled_number,
    organisation: row.organisation,
    line: row.line,
    waitMs: optional(row.wait_ms),
    talkMs: optional(row.talk_ms),
    refs: Number(row.refs),
    attempts: Number(row.attempts),
    acceptedBy: beside.acceptedBy,
    clinician: row.clinician,
    talked: row.talk_started_after_ms !== null,
    assigned: row.assigned,
    nhsNumber: row.nhs_number,
    arrangement: beside.arrangement,
    outcome: row.outcome,
    ending: row.ending,
    endedAt: optional(row.ended_at),
    recording: beside.recording,
  }
}

function ofRow({ accepted_label, recording_state, recording_seconds, recording_bytes, arrangement }: Row): Beside {
  return {
    acceptedBy: accepted_label,
    recording: recording_state === null ? null : { state: recording_state, seconds: recording_seconds, bytes: optional(recording_bytes) },
    arrangement,
  }
}

/** Of rows that an engine of an older version has written: who accepted, the latest recording, the arrangement. */
async function besides(db: Db, ids: readonly string[]): Promise<(row: Row) => Beside> {
  const [attempts, recordings, taken] = await Promise.all([
    db
      .selectFrom('attempts')
      .select(['call_id', 'attempt', 'label'])
      .where('call_id', 'in', ids)
      .where('accepted_at', 'is not', null)
      .execute(),
    db
      .selectFrom('recordings')
      .select(['call_id', 'recording_id', 'started_at', 'state', 'seconds', 'bytes'])
      .where('call_id', 'in', ids)
      .execute(),
    db
      .selectFrom('call_events')
      .selectAll()
      .where('call_id', 'in', ids)
      .where('type', 'in', ['call.placed', 'arrangement.taken'])
      .orderBy('call_id')
      .orderBy('seq')
      .execute(),
  ])
  // Here and not there: an index that has them in this order, of all calls, may look like the shorter way.
  const inOrder = recordings.toSorted((a, b) => Number(a.started_at) - Number(b.started_at) || (a.recording_id < b.recording_id ? -1 : 1))
  const labels = new Map(attempts.map((row) => [`${row.call_id} ${row.attempt}`, row.label]))
  const latest = new Map(inOrder.map(({ call_id, state, seconds, bytes }) => [call_id, { state, seconds, bytes: optional(bytes) }]))
  const arranged = new Map(
    taken.map(asEvent).flatMap((event) => ('arrangement' in event ? [[event.callId, event.arrangement] as const] : [])),
  )
  return ({ call_id, accepted_by }) => ({
    acceptedBy: (accepted_by === null ? undefined : labels.get(`${call_id} ${accepted_by}`)) ?? null,
    recording: latest.get(call_id) ?? null,
    arrangement: arranged.get(call_id) ?? null,
  })
}

function optional(value: number | string | null): number | null {
  return value === null ? null : Number(value)
}
