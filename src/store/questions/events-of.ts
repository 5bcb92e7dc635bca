import type { Insertable, Selectable } from 'kysely'
import type { CallEvent, CallFact } from '../../facts/events.js'
import { originColumns, originOf } from '../origin-columns.js'
import type { CallEventsTable } from '../schema.js'
import { runOn, type Db, type Statements } from '../statements.js'

/** The stored facts of one call, in order. @param statements keeps the statement, for a caller that asks for many calls */
export async function eventsOf(db: Db, callId: string, statements?: Statements): Promise<readonly CallEvent[]> {
  const query = (from: Db) => from.selectFrom('call_events').selectAll().where('call_id', '=', callId).orderBy('seq')
  // Selected whole from that table.
  const rows = statements
    ? ((await runOn(db, statements.step('events of a call', query, [callId]))) as unknown as Selectable<CallEventsTable>[])
    : await query(db).execute()
  return rows.map(asEvent)
}

/** A fact as its row. */
export function asRow(event: CallEvent): Insertable<CallEventsTable> {
  const { callId, seq, at, elapsedMs, actor, node, type, ...data } = event
  return { call_id: callId, seq, at, elapsed_ms: elapsedMs ?? null, ...originColumns({ actor, node }), type, data: JSON.stringify(data) }
}

export function asEvent(row: Selectable<CallEventsTable>): CallEvent {
  // The rows were written by `asRow` from typed facts, and the table refuses any change.
  const fact = { type: row.type, ...(JSON.parse(row.data) as object) } as CallFact
  const elapsedMs = optional(row.elapsed_ms)
  return {
    callId: row.call_id,
    seq: Number(row.seq),
    at: Number(row.at),
    ...(elapsedMs === null ? {} : { elapsedMs }),
    ...originOf(row),
    ...fact,
  }
}

export function isSameFact(there: Selectable<CallEventsTable> | Insertable<CallEventsTable>, event: CallEvent): boolean {
  const row = asRow(event)
  return (
    there.type === row.type && Number(there.at) === event.at && there.data === row.data && optional(there.elapsed_ms) === row.elapsed_ms
  )
}

function optional(value: number | string | null | undefined): number | null {
  return value == null ? null : Number(value)
}
