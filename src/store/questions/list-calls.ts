import { sql } from 'kysely'
import { cursorOf, placeOf, type CallFilter, type CallPage, type CallSummary, type Place } from '../call-filter.js'
import { isOutcomeOpen } from '../report-tables.js'
import type { Db } from '../statements.js'
import { sortedKeys } from './sorted-calls.js'

const defaultLimit = 50
const maxPageSize = 1_000
/** Calls that are looked at for one page, where part of the filter has no index. */
const maxLookedAt = 3_000

/** Calls that are read of a part at a time. */
const minPiece = 51

/** Columns that may have to be equal to something. */
type Column = 'nhs_number' | 'caller_number' | 'clinician' | 'assigned' | 'line' | 'organisation' | 'ending' | 'outcome'
type Equal = ReadonlyMap<Column, string>

/** Columns with an index in the order of time; of those that fit the first is taken, which leads to the fewest calls. */
const indexed: readonly (readonly Column[])[] = [
  ['nhs_number'],
  ['caller_number'],
  ['clinician'],
  ['assigned'],
  ['line', 'organisation'],
  ['organisation', 'ending'],
  ['line', 'ending'],
  ['organisation'],
  ['line'],
  ['outcome'],
  ['ending'],
  [],
]

/** What a call is found and put in order by. */
export interface Key {
  readonly call_id: string
  readonly arrived_at: number | string
  readonly wait_ms: number | string | null
  readonly talk_ms: number | string | null
  readonly refs: number | string
  readonly organisation: string | null
  readonly line: string | null
  readonly clinician: string | null
  readonly outcome: string | null
}

/** `without`: those alone that have nothing in this column. */
export interface KeyFilter extends CallFilter {
  readonly without?: 'wait_ms' | 'talk_ms'
}

/** `until`: so far was looked; there may be more behind it. */
interface Found {
  readonly keys: readonly Key[]
  readonly until?: Place | undefined
}

/** One page of the calls. An unreadable cursor gives the first page (the API refuses it before). */
export async function listCalls(db: Db, filter: CallFilter): Promise<CallPage> {
  const limit = Math.min(maxPageSize, Math.max(1, Math.trunc(filter.limit ?? defaultLimit) || defaultLimit))
  const place = filter.cursor === undefined ? undefined : placeOf(filter.cursor)
  const { order = 'newest' } = filter
  if (order !== 'newest' && order !== 'oldest') {
    const { ids, next } = await sortedKeys(db, { ...filter, order }, limit, place)
    return { calls: await summaries(db, ids, filter), ...(next ? { nextCursor: cursorOf(next) } : {}) }
  }
  const { keys, until } = await keysOf(db, filter, limit + 1, place)
  const calls = await summaries(
    db,
    keys.slice(0, limit).map(({ call_id }) => call_id),
    filter,
  )
  const last = keys[limit - 1]
  const next = keys.length > limit && last ? { arrivedAt: Number(last.arrived_at), callId: last.call_id } : until
  return { calls, ...(next ? { nextCursor: cursorOf(next) } : {}) }
}

/** The first calls of the list behind a place: each part by an index of its own, a piece at a time, put in order; with OR everything between would be read. */
export async function keysOf(db: Db, filter: KeyFilter, limit: number, place: Place | undefined): Promise<Found> {
  // Named one by one: they are few, and are then read by their key.
  const ids = filter.sipCallId === undefined ? undefined : await callsWith(db, filter.sipCallId)
  if (ids?.length === 0) return { keys: [] }
  const oldest = filter.order === 'oldest'
  const before = (a: Key, b: Key) => (oldest ? newestFirst(b, a) : newestFirst(a, b))
  const parts = partsOf(filter).map((equal): Part => ({ equal, place }))
  const piece = Math.max(minPiece, Math.ceil(limit / Math.max(1, parts.length)))
  const found = new Map<string, Key>()
  let behind: readonly Part[] = parts
  while (behind.length > 0) {
    for (const part of behind) {
      const { keys, until } = await keysOfPart(db, filter, part.equal, { ids, limit: Math.min(limit, piece), place: part.place })
      for (const key of keys) found.set(key.call_id, key)
      const last = keys.length === Math.min(limit, piece) ? keys.at(-1) : undefined
      part.place = last && { arrivedAt: Number(last.arrived_at), callId: last.call_id }
      part.until = until
      part.isOver = last === undefined
    }
    // Behind the place up to which a part was read it may have more, which belongs between.
    const open = parts.filter(({ isOver, until }) => isOver !== true || until !== undefined)
    const read = (part: Part) => part.until ?? part.place ?? { arrivedAt: 0, callId: '' }
    const nearest = open.sort((a, b) => comparePlaces(read(a), read(b), oldest))[0]
    const safe = [...found.values()].filter((key) => !nearest || comparePlaces(placeAt(key), read(nearest), oldest) <= 0).sort(before)
    if (safe.length >= limit || !nearest) return { keys: safe.slice(0, limit) }
    if (nearest.until) return { keys: safe, until: nearest.until }
    behind = [nearest]
  }
  return { keys: [] }
}

/** A part of the list, and how far it was read. */
interface Part {
  readonly equal: Equal
  /** Behind its last key that was read; undefined: it has no more. */
  place: Place | undefined
  /** So far was looked, without finding as many as were asked for. */
  until?: Place | undefined
  isOver?: boolean
}

function placeAt(key: Key): Place {
  return { arrivedAt: Number(key.arrived_at), callId: key.call_id }
}

/** Negative: `a` comes first in the list. */
function comparePlaces(a: Place, b: Place, oldest: boolean): number {
  const newerFirst = b.arrivedAt - a.arrivedAt || (a.callId === b.callId ? 0 : a.callId < b.callId ? 1 : -1)
  return oldest ? -newerFirst : newerFirst
}

export function newestFirst(a: Key, b: Key): number {
  return Number(b.arrived_at) - Number(a.arrived_at) || (a.call_id < b.call_id ? 1 : -1)
}

/** What has to be equal, for each part of the list that may be seen and each form of the caller's number; a part that contradicts what is asked for is left out. */
export function partsOf({
  line,
  organisation,
  ending,
  outcome,
  clinician,
  nhsNumber,
  within = [{}],
  callerNumbers,
}: CallFilter): readonly Equal[] {
  const asked: readonly (readonly [Column, string | undefined])[] = [
    ['line', line],
    ['organisation', organisation],
    ['ending', ending],
    ['outcome', outcome === 'open' ? undefined : outcome],
    ['clinician', clinician],
    ['nhs_number', nhsNumber],
  ]
  return within.flatMap((part) =>
    (callerNumbers ?? [undefined]).flatMap((number) => {
      const equal = new Map<Column, string>()
      const { organisation: whose, line: which, clinician: accepted, assigned } = part
      for (const [column, value] of [
        ...asked,
        ['caller_number', number],
        ['organisation', whose],
        ['line', which],
        ['clinician', accepted],
        ['assigned', assigned],
      ] as const) {
        if (value === undefined) continue
        if ((equal.get(column) ?? value) !== value) return []
        equal.set(column, value)
      }
      return [equal]
    }),
  )
}

/** Whether a list is longer than `most` calls, or too long to look through for what has no index: by the indexes alone, without reading it. Of a list of several parts: whether one of them is. */
export async function isLong(db: Db, filter: KeyFilter, most: number): Promise<boolean> {
  // Named one by one: they are few.
  if (filter.sipCallId !== undefined) return false
  for (const equal of partsOf(filter)) {
    const { by, isFiltered } = lookedUp(filter, equal)
    if (await edgeOf(callsOf(db, filter, equal, by), 'desc', isFiltered ? maxLookedAt - 1 : most)) return true
  }
  return false
}

/** By which columns the calls of a part are looked up, and whether more is asked of them than their index knows. */
function lookedUp(filter: KeyFilter, equal: Equal): { readonly by: readonly Column[]; readonly isFiltered: boolean } {
  const by = indexed.find((columns) => columns.every((column) => equal.has(column))) ?? []
  const isOpenOfOne = filter.outcome === 'open' && equal.size === 1 && (equal.has('clinician') || equal.has('assigned'))
  const isFiltered =
    equal.size > by.length || filter.answered !== undefined || filter.without !== undefined || (filter.outcome === 'open' && !isOpenOfOne)
  return { by, isFiltered }
}

function callsOf(db: Db, { from, to }: KeyFilter, equal: Equal, columns: Iterable<Column>) {
  let query = db.selectFrom('calls')
  if (from !== undefined) query = query.where('arrived_at', '>=', from)
  if (to !== undefined) query = query.where('arrived_at', '<', to)
  for (const column of columns) query = query.where(column, '=', equal.get(column) ?? '')
  return query
}

/** When the call after the first `behind` ones arrived; undefined: there is none. By an index alone, which holds the times. */
function edgeOf(calls: ReturnType<typeof callsOf>, direction: 'asc' | 'desc', behind: number) {
  return calls.select('arrived_at').orderBy('arrived_at', direction).offset(behind).limit(1).executeTakeFirst()
}

async function keysOfPart(
  db: Db,
  filter: KeyFilter,
  equal: Equal,
  { ids, limit, place }: { readonly ids: readonly string[] | undefined; readonly limit: number; readonly place: Place | undefined },
): Promise<Found> {
  const oldest = filter.order === 'oldest'
  const direction = oldest ? 'asc' : 'desc'
  const calls = (columns: Iterable<Column>) => {
    let query = callsOf(db, filter, equal, columns)
    if (ids) query = query.where('call_id', 'in', ids)
    // As one value, so that the index is entered at the place; with OR everything before it would be read.
    if (place)
      query = query.where((where) =>
        where(where.refTuple('arrived_at', 'call_id'), oldest ? '>' : '<', where.tuple(place.arrivedAt, place.callId)),
      )
    return query
  }
  const { by, isFiltered } = lookedUp(filter, equal)
  const edge = isFiltered && ids === undefined ? await edgeOf(calls(by), direction, maxLookedAt - 1) : undefined
  let query = calls(by)
  // In words that no index answers: without statistics the one of the outcome is taken for one that leads to few calls, and walked from its end.
  for (const [column, value] of equal) if (!by.includes(column)) query = query.where(sql<string>`(${sql.ref(column)} || '')`, '=', value)
  if (edge) query = query.where('arrived_at', oldest ? '<=' : '>=', Number(edge.arrived_at))
  if (filter.outcome === 'open') query = query.where(isOutcomeOpen)
  if (filter.without !== undefined) query = query.where(filter.without, 'is', null)
  if (filter.answered === true) query = query.where('talk_started_after_ms', 'is not', null)
  if (filter.answered === false) query = query.where('talk_started_after_ms', 'is', null).where('ending', 'is not', null)
  const keys = await query
    .select(['call_id', 'arrived_at', 'wait_ms', 'talk_ms', 'refs', 'organisation', 'line', 'clinician', 'outcome'])
    .orderBy('arrived_at', direction)
    .orderBy('call_id', direction)
    .limit(limit)
    .execute()
  if (!edge || keys.length === limit) return { keys }
  return { keys, until: { arrivedAt: Number(edge.arrived_at) + (oldest ? 1 : 0), callId: '' } }
}

/** The calls of which a leg of the caller or of a ringing had this SIP Call-ID. */
async function callsWith(db: Db, sipCallId: string): Promise<readonly string[]> {
  const ofCaller = await db.selectFrom('calls').select('call_id').where('sip_call_id', '=', sipCallId).limit(maxPageSize).execute()
  const ofRinging = await db.selectFrom('attempts').select('call_id').where('sip_call_id', '=', sipCallId).limit(maxPageSize).execute()
  return [...new Set([...ofCaller, ...ofRinging].map((row) => row.call_id))]
}

/** What is shown of these calls, in their order. */
async function summaries(db: Db, ids: readonly string[], { ending }: CallFilter): Promise<readonly CallSummary[]> {
  if (ids.length === 0) return []
  const [rows, { labels, recordings }] = await Promise.all([
    db.selectFrom('calls').selectAll().where('call_id', 'in', ids).execute(),
    beside(db, ids),
  ])
  const found = new Map(
    rows.map((row): [string, CallSummary] => [
      row.call_id,
      {
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
        clinician: row.clinician,
        talked: row.talk_started_after_ms !== null,
        assigned: row.assigned,
        nhsNumber: row.nhs_number,
        outcome: row.outcome,
        ending: row.ending,
        endedAt: optional(row.ended_at),
        recording: recordings.get(row.call_id) ?? null,
      },
    ]),
  )
  // The beginning of a call that has a record of its own elsewhere is shown to those who ask for such.
  return ids.flatMap((id) => found.get(id) ?? []).filter((call) => call.ending !== 'cameAgain' || ending === 'cameAgain')
}

/** Who accepted, by call and attempt, and the latest recording of each call. */
async function beside(
  db: Db,
  ids: readonly string[],
): Promise<{
  readonly labels: ReadonlyMap<string, string>
  readonly recordings: ReadonlyMap<string, NonNullable<CallSummary['recording']>>
}> {
  const [labels, recordings] = await Promise.all([
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
