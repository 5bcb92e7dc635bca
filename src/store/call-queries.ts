import type { Kysely } from 'kysely'
import { callRecord, type RecordingRecord } from '../calls/call-record.js'
import type { CallEvent, CallFactType } from '../calls/events.js'
import { isArrangementFact, isOutcome, type ArrangementFactType } from './arrangement-facts.js'
import { asEvent, callIds, eventsOf } from './call-database.js'
import { cursorOf, placeOf, type CallFilter, type CallPage, type CallSummary } from './call-filter.js'
import { inOrder } from './in-order.js'
import { project } from './projection.js'
import type { Schema } from './schema.js'

const attemptFacts = ['attempt.started', 'attempt.answered', 'attempt.ended'] as const satisfies readonly CallFactType[]
const defaultLimit = 50
const mostPerPage = 200

/** A recording and the call that it belongs to. */
export interface StoredRecording extends RecordingRecord {
  readonly callId: string
}

/** What can be asked of the stored calls. Portable SQL only: the same class asks PostgreSQL. */
export class CallQueries {
  constructor(private readonly db: Kysely<Schema>) {}

  events(callId: string): Promise<readonly CallEvent[]> {
    return eventsOf(this.db, callId)
  }

  /** 0 when nothing is known of the call. */
  async lastSeq(callId: string): Promise<number> {
    const row = await this.db.selectFrom('call_events').select((select) => select.fn.max('seq').as('last')).where('call_id', '=', callId).executeTakeFirst()
    return Number(row?.last ?? 0)
  }

  /** Newest arrival first. An unreadable cursor gives the first page (the API refuses it before). */
  async calls(filter: CallFilter): Promise<CallPage> {
    const limit = Math.min(mostPerPage, Math.max(1, Math.trunc(filter.limit ?? defaultLimit) || defaultLimit))
    const place = filter.cursor === undefined ? undefined : placeOf(filter.cursor)
    let query = this.db.selectFrom('calls').selectAll()
    if (filter.from !== undefined) query = query.where('arrived_at', '>=', filter.from)
    if (filter.to !== undefined) query = query.where('arrived_at', '<', filter.to)
    if (filter.line !== undefined) query = query.where('line', '=', filter.line)
    if (filter.organisation !== undefined) query = query.where('organisation', '=', filter.organisation)
    if (filter.ending !== undefined) query = query.where('ending', '=', filter.ending)
    if (place) {
      query = query.where((where) => where.or([where('arrived_at', '<', place.arrivedAt), where.and([where('arrived_at', '=', place.arrivedAt), where('call_id', '<', place.callId)])]))
    }
    const found = await query.orderBy('arrived_at', 'desc').orderBy('call_id', 'desc').limit(limit + 1).execute()
    const rows = found.slice(0, limit)
    const ids = rows.map((row) => row.call_id)
    const [labels, recordings] = ids.length === 0 ? [[], []] : await this.#beside(ids)
    const calls: CallSummary[] = rows.map((row) => {
      const recording = recordings.findLast((one) => one.call_id === row.call_id)
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
        acceptedBy: labels.find((one) => one.call_id === row.call_id && one.attempt === row.accepted_by)?.label ?? null,
        outcome: row.outcome,
        ending: row.ending,
        endedAt: optional(row.ended_at),
        recording: recording ? { state: recording.state, seconds: recording.seconds, bytes: optional(recording.bytes) } : null,
      }
    })
    const last = rows.at(-1)
    return { calls, ...(found.length > limit && last ? { nextCursor: cursorOf({ arrivedAt: Number(last.arrived_at), callId: last.call_id }) } : {}) }
  }

  /** What became of ringing anybody since then (wall-clock ms), in the order in which it happened. */
  async attemptEvents(since: number): Promise<readonly CallEvent[]> {
    const rows = await this.db.selectFrom('call_events').selectAll().where('at', '>=', since).where('type', 'in', [...attemptFacts]).orderBy('at').orderBy('call_id').orderBy('seq').execute()
    return inOrder(rows.map(asEvent))
  }

  /** The facts of these types of the calls that arrived since then (wall-clock ms), in the order in which they happened. */
  async eventsOfCallsSince(arrivedSince: number, types: readonly CallFactType[]): Promise<readonly CallEvent[]> {
    const calls = this.db.selectFrom('calls').select('call_id').where('arrived_at', '>=', arrivedSince)
    const rows = await this.db.selectFrom('call_events').selectAll().where('call_id', 'in', calls).where('type', 'in', types).orderBy('at').orderBy('call_id').orderBy('seq').execute()
    return inOrder(rows.map(asEvent))
  }

  /** The facts of these types since then (wall-clock ms), in the order in which they happened. */
  async factsOf(types: readonly ArrangementFactType[], since: number): Promise<readonly CallEvent[]> {
    const rows = await this.db.selectFrom('call_events').selectAll().where(isArrangementFact).where('at', '>=', since).where('type', 'in', types).orderBy('at').orderBy('call_id').orderBy('seq').execute()
    return inOrder(rows.map(asEvent))
  }

  /** Outcomes that were left since then (wall-clock ms), for calls of any age, in the order in which it happened. */
  async outcomesSince(since: number): Promise<readonly CallEvent[]> {
    const rows = await this.db.selectFrom('call_events').selectAll().where(isOutcome).where('at', '>=', since).orderBy('at').orderBy('call_id').orderBy('seq').execute()
    return inOrder(rows.map(asEvent))
  }

  /** Calls that nobody has closed, oldest first. */
  async unended(): Promise<readonly string[]> {
    const rows = await this.db.selectFrom('calls').select('call_id').where('ending', 'is', null).orderBy('arrived_at').execute()
    return rows.map((row) => row.call_id)
  }

  /** When the engine was last seen alive; undefined before it ever was. */
  async aliveAt(): Promise<number | undefined> {
    const row = await this.db.selectFrom('engine_life').select('alive_at').executeTakeFirst()
    return row && Number(row.alive_at)
  }

  async recording(recordingId: string): Promise<StoredRecording | undefined> {
    const row = await this.db.selectFrom('recordings').select('call_id').where('recording_id', '=', recordingId).executeTakeFirst()
    if (!row) return undefined
    const recording = callRecord(await this.events(row.call_id))?.recordings.find((one) => one.recordingId === recordingId)
    return recording && { ...recording, callId: row.call_id }
  }

  /** Holds every call's rows against its facts. @returns the calls whose rows are not what the facts say */
  async differing(): Promise<readonly string[]> {
    const wrong: string[] = []
    const stored = new Set((await this.db.selectFrom('calls').select('call_id').execute()).map((row) => row.call_id))
    for await (const callId of callIds(this.db)) {
      const record = callRecord(await this.events(callId))
      stored.delete(callId)
      if (record && JSON.stringify(plain(project(record))) !== JSON.stringify(plain(await this.#rows(callId)))) wrong.push(callId)
    }
    return [...wrong, ...stored]
  }

  async #beside(ids: readonly string[]) {
    return Promise.all([
      this.db.selectFrom('attempts').select(['call_id', 'attempt', 'label']).where('call_id', 'in', ids).where('accepted_at', 'is not', null).execute(),
      this.db.selectFrom('recordings').select(['call_id', 'state', 'seconds', 'bytes']).where('call_id', 'in', ids).orderBy('started_at').orderBy('recording_id').execute(),
    ])
  }

  async #rows(callId: string) {
    const [call, attempts, recordings] = await Promise.all([
      this.db.selectFrom('calls').selectAll().where('call_id', '=', callId).executeTakeFirst(),
      this.db.selectFrom('attempts').selectAll().where('call_id', '=', callId).orderBy('position').execute(),
      this.db.selectFrom('recordings').selectAll().where('call_id', '=', callId).orderBy('started_at').orderBy('recording_id').execute(),
    ])
    return { call: call ?? {}, attempts, recordings }
  }
}

function optional(value: number | string | null): number | null {
  return value === null ? null : Number(value)
}

/** Rows in a form that can be compared: columns in one order, numbers as numbers whatever the driver made of them. */
function plain(rows: { readonly call: object; readonly attempts: readonly object[]; readonly recordings: readonly object[] }): unknown {
  const sorted = (row: object) => Object.entries(row).map(([name, value]) => `${name}=${String(value)}`).sort()
  return [sorted(rows.call), rows.attempts.map(sorted), rows.recordings.map(sorted).sort()]
}
