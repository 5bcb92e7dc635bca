import type { Kysely, Selectable, Transaction } from 'kysely'
import { callRecord, withEvent, type CallRecord } from '../calls/call-record.js'
import type { CallEvent, CallFact } from '../calls/events.js'
import { changedRows, project, type ProjectedCall } from './projection.js'
import type { CallEventsTable, Schema } from './schema.js'

/** Calls whose record is kept in memory between two batches of facts. */
const keptCalls = 2_000
/** Rows per statement; SQLite takes 32,766 parameters, PostgreSQL 65,535. */
const rowsPerStatement = 1_000

interface KnownCall {
  readonly record: CallRecord
  readonly rows: ProjectedCall
}

/**
 * Writes facts and what is read off them, in one transaction. One instance per store, one `append` at a time: it keeps the
 * records of recent calls in memory.
 */
export class CallDatabase {
  readonly #known = new Map<string, KnownCall>()

  constructor(private readonly db: Kysely<Schema>) {}

  /**
   * Writes facts; all of them or none. A fact that is there already (the answer to an earlier attempt was lost) is not written
   * twice; one whose place is taken by another fact gets the next free one, because a fact is never dropped.
   * @returns the facts that got another `seq`
   */
  async append(events: readonly CallEvent[]): Promise<readonly CallEvent[]> {
    const fresh = new Map<string, KnownCall>()
    const moved: CallEvent[] = []
    await this.db.transaction().execute(async (transaction) => {
      const rows: CallEvent[] = []
      for (const [callId, ofCall] of byCall(events)) {
        const known = this.#known.get(callId) ?? (await load(transaction, callId))
        let record = known?.record
        for (const event of ofCall) {
          const placed = record && event.seq <= record.lastSeq ? await place(transaction, event, record.lastSeq) : event
          if (!placed) continue
          if (placed !== event) moved.push(placed)
          rows.push(placed)
          record = withEvent(record, placed)
        }
        if (!record) continue
        const now = { record, rows: project(record) }
        await writeRows(transaction, known?.rows, now.rows)
        fresh.set(callId, now)
      }
      for (let start = 0; start < rows.length; start += rowsPerStatement) {
        await transaction.insertInto('call_events').values(rows.slice(start, start + rowsPerStatement).map(asRow)).execute()
      }
    })
    // Only now: what was rolled back is not known.
    for (const [callId, known] of fresh) this.#remember(callId, known)
    return moved
  }

  /** Notes that the engine is alive, so that interrupted calls can be closed at a sensible time. */
  async alive(at: number): Promise<void> {
    await this.db
      .insertInto('engine_life')
      .values({ id: 1, alive_at: at })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ alive_at: at }))
      .execute()
  }

  /** Reads every call's facts again and makes the lists anew. @returns how many calls there are */
  async rebuild(): Promise<number> {
    this.#known.clear()
    return this.db.transaction().execute(async (transaction) => {
      for (const table of ['calls', 'attempts', 'recordings'] as const) await transaction.deleteFrom(table).execute()
      let calls = 0
      for await (const callId of callIds(transaction)) {
        const loaded = await load(transaction, callId)
        if (loaded) await writeRows(transaction, undefined, loaded.rows)
        calls++
      }
      return calls
    })
  }

  #remember(callId: string, known: KnownCall): void {
    this.#known.delete(callId)
    this.#known.set(callId, known)
    if (this.#known.size <= keptCalls) return
    const oldest = this.#known.keys().next()
    if (!oldest.done) this.#known.delete(oldest.value)
  }
}

/** The stored facts of one call, in order. */
export async function eventsOf(db: Kysely<Schema>, callId: string): Promise<readonly CallEvent[]> {
  const rows = await db.selectFrom('call_events').selectAll().where('call_id', '=', callId).orderBy('seq').execute()
  return rows.map(asEvent)
}

/** Every call that has facts, in order of its id. Asked in pages, so that a large store does not fill the memory. */
export async function* callIds(db: Kysely<Schema>): AsyncGenerator<string> {
  let after = ''
  while (true) {
    const page = await db.selectFrom('call_events').select('call_id').distinct().where('call_id', '>', after).orderBy('call_id').limit(rowsPerStatement).execute()
    for (const row of page) yield row.call_id
    const last = page.at(-1)
    if (!last) return
    after = last.call_id
  }
}

async function load(db: Kysely<Schema>, callId: string): Promise<KnownCall | undefined> {
  const record = callRecord(await eventsOf(db, callId))
  return record && { record, rows: project(record) }
}

async function writeRows(transaction: Transaction<Schema>, before: ProjectedCall | undefined, now: ProjectedCall): Promise<void> {
  const changed = changedRows(before, now)
  await transaction.insertInto('calls').values(now.call).onConflict((conflict) => conflict.column('call_id').doUpdateSet(now.call)).execute()
  for (const row of changed.attempts) {
    await transaction.insertInto('attempts').values(row).onConflict((conflict) => conflict.columns(['call_id', 'attempt']).doUpdateSet(row)).execute()
  }
  for (const row of changed.recordings) {
    await transaction.insertInto('recordings').values(row).onConflict((conflict) => conflict.column('recording_id').doUpdateSet(row)).execute()
  }
}

/** `undefined`: the very same fact is there already. */
async function place(transaction: Transaction<Schema>, event: CallEvent, lastSeq: number): Promise<CallEvent | undefined> {
  const there = await transaction.selectFrom('call_events').selectAll().where('call_id', '=', event.callId).where('seq', '=', event.seq).executeTakeFirst()
  const row = asRow(event)
  if (there?.type === row.type && Number(there.at) === event.at && there.data === row.data && optional(there.elapsed_ms) === row.elapsed_ms) return undefined
  return { ...event, seq: lastSeq + 1 }
}

function byCall(events: readonly CallEvent[]): Map<string, CallEvent[]> {
  const groups = new Map<string, CallEvent[]>()
  for (const event of events) {
    const group = groups.get(event.callId)
    if (group) group.push(event)
    else groups.set(event.callId, [event])
  }
  return groups
}

function asRow(event: CallEvent): { call_id: string; seq: number; at: number; elapsed_ms: number | null; type: string; data: string } {
  const { callId, seq, at, elapsedMs, type, ...data } = event
  return { call_id: callId, seq, at, elapsed_ms: elapsedMs ?? null, type, data: JSON.stringify(data) }
}

function optional(value: number | string | null): number | null {
  return value === null ? null : Number(value)
}

export function asEvent(row: Selectable<CallEventsTable>): CallEvent {
  // The rows were written by `asRow` from typed facts, and the table refuses any change.
  const fact = { type: row.type, ...(JSON.parse(row.data) as object) } as CallFact
  const elapsedMs = optional(row.elapsed_ms)
  return { callId: row.call_id, seq: Number(row.seq), at: Number(row.at), ...(elapsedMs === null ? {} : { elapsedMs }), ...fact }
}
