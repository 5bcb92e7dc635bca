import { cursorOf, placeOf, type CallFilter, type CallPage, type CallSummary } from '../call-filter.js'
import type { Db } from '../statements.js'

const defaultLimit = 50
const maxPageSize = 200

/** One page of the calls, newest arrival first. An unreadable cursor gives the first page (the API refuses it before). */
export async function listCalls(db: Db, filter: CallFilter): Promise<CallPage> {
  const limit = Math.min(maxPageSize, Math.max(1, Math.trunc(filter.limit ?? defaultLimit) || defaultLimit))
  const place = filter.cursor === undefined ? undefined : placeOf(filter.cursor)
  let query = db.selectFrom('calls').selectAll()
  if (filter.from !== undefined) query = query.where('arrived_at', '>=', filter.from)
  if (filter.to !== undefined) query = query.where('arrived_at', '<', filter.to)
  if (filter.line !== undefined) query = query.where('line', '=', filter.line)
  if (filter.organisation !== undefined) query = query.where('organisation', '=', filter.organisation)
  if (filter.ending !== undefined) query = query.where('ending', '=', filter.ending)
  // Named one by one: they are few, and are then read by their key.
  if (filter.sipCallId !== undefined) {
    const ids = await callsWith(db, filter.sipCallId)
    if (ids.length === 0) return { calls: [] }
    query = query.where('call_id', 'in', ids)
  }
  // As one value, so that the index is entered at the place; with OR everything before it would be read.
  if (place) query = query.where((where) => where(where.refTuple('arrived_at', 'call_id'), '<', where.tuple(place.arrivedAt, place.callId)))
  const page = query.orderBy('arrived_at', 'desc').orderBy('call_id', 'desc').limit(limit + 1)
  const found = filter.within === undefined ? await page.execute() : await within(page, filter.within, limit + 1)
  const rows = found.slice(0, limit)
  const { labels, recordings } = await beside(db, rows.map((row) => row.call_id))
  const calls: CallSummary[] = rows.map((row) => ({
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
    acceptedBy: (row.accepted_by === null ? undefined : labels.get(`${row.call_id} ${row.accepted_by}`)) ?? null,
    outcome: row.outcome,
    ending: row.ending,
    endedAt: optional(row.ended_at),
    recording: recordings.get(row.call_id) ?? null,
  }))
  const last = rows.at(-1)
  return { calls, ...(found.length > limit && last ? { nextCursor: cursorOf({ arrivedAt: Number(last.arrived_at), callId: last.call_id }) } : {}) }
}

/** A page of each part, by an index of its own, put in order: with OR everything between would be read. */
async function within<Row extends { readonly call_id: string; readonly arrived_at: number | string }>(page: { where(column: 'organisation' | 'line' | 'clinician', operator: '=', value: string): { execute(): Promise<Row[]> } }, parts: NonNullable<CallFilter['within']>, limit: number): Promise<readonly Row[]> {
  const found = new Map<string, Row>()
  for (const part of parts) {
    const [[column, value] = ['line', '']] = Object.entries(part)
    // Each part has one of these columns.
    for (const row of await page.where(column as 'line', '=', value).execute()) found.set(row.call_id, row)
  }
  return [...found.values()].sort((a, b) => Number(b.arrived_at) - Number(a.arrived_at) || (a.call_id < b.call_id ? 1 : -1)).slice(0, limit)
}

/** The calls of which a leg of the caller or of a ringing had this SIP Call-ID. */
async function callsWith(db: Db, sipCallId: string): Promise<readonly string[]> {
  const ofCaller = await db.selectFrom('calls').select('call_id').where('sip_call_id', '=', sipCallId).limit(maxPageSize).execute()
  const ofRinging = await db.selectFrom('attempts').select('call_id').where('sip_call_id', '=', sipCallId).limit(maxPageSize).execute()
  return [...new Set([...ofCaller, ...ofRinging].map((row) => row.call_id))]
}

/** Who accepted, by call and attempt, and the latest recording of each call. */
async function beside(db: Db, ids: readonly string[]): Promise<{ readonly labels: ReadonlyMap<string, string>; readonly recordings: ReadonlyMap<string, NonNullable<CallSummary['recording']>> }> {
  if (ids.length === 0) return { labels: new Map(), recordings: new Map() }
  const [labels, recordings] = await Promise.all([
    db.selectFrom('attempts').select(['call_id', 'attempt', 'label']).where('call_id', 'in', ids).where('accepted_at', 'is not', null).execute(),
    db.selectFrom('recordings').select(['call_id', 'recording_id', 'started_at', 'state', 'seconds', 'bytes']).where('call_id', 'in', ids).execute(),
  ])
  // Here and not there: an index that has them in this order, of all calls, may look like the shorter way.
  const inOrder = recordings.toSorted((a, b) => Number(a.started_at) - Number(b.started_at) || (a.recording_id < b.recording_id ? -1 : 1))
  return {
    labels: new Map(labels.map((row) => [`${row.call_id} ${row.attempt}`, row.label])),
    recordings: new Map(inOrder.map(({ call_id, state, seconds, bytes }) => [call_id, { state, seconds, bytes: optional(bytes) }])),
  }
}

function optional(value: number | string | null): number | null {
  return value === null ? null : Number(value)
}
