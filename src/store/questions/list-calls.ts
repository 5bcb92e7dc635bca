import { sql } from 'kysely'
import { cursorOf, placeOf, type CallFilter, type CallPage, type Place } from '../call-filter.js'
import { isOutcomeOpen } from '../report-tables.js'
import type { Db } from '../statements.js'
import { keyColumns, rowColumns, summaries, type Key, type Row } from './call-summaries.js'
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

/** `without`: those alone that have nothing in this column. */
export interface KeyFilter extends CallFilter {
  readonly without?: 'wait_ms' | 'talk_ms'
}

/** `until`: so far was looked; there may be more behind it. */
interface Found {
  readonly keys: readonly (Key | Row)[]
  readonly until?: Place | undefined
}

/** One page of the calls. An unreadable cursor gives the first page (the API refuses it before). */
export async function listCalls(db: Db, filter: CallFilter): Promise<CallPage> {
  const limit = Math.min(maxPageSize, Math.max(1, Math.trunc(filter.limit ?? defaultLimit) || defaultLimit))
  const place = filter.cursor === undefined ? undefined : placeOf(filter.cursor)
  const { order = 'newest' } = filter
  if (order !== 'newest' && order !== 'oldest') {
    const { keys, next } = await sortedKeys(db, { ...filter, order }, limit, place)
    return { calls: await summaries(db, keys, filter), ...(next ? { nextCursor: cursorOf(next) } : {}) }
  }
  const { keys, until } = await keysOf(db, filter, limit + 1, place, rowColumns)
  const calls = await summaries(db, keys.slice(0, limit), filter)
  const last = keys[limit - 1]
  const next = keys.length > limit && last ? { arrivedAt: Number(last.arrived_at), callId: last.call_id } : until
  return { calls, ...(next ? { nextCursor: cursorOf(next) } : {}) }
}

/** The first calls of the list behind a place, as keys or, with `rowColumns`, as whole rows: each part by an index of its own, a piece at a time, put in order; with OR everything between would be read. */
export async function keysOf(
  db: Db,
  filter: KeyFilter,
  limit: number,
  place: Place | undefined,
  columns: typeof keyColumns | typeof rowColumns = keyColumns,
): Promise<Found> {
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
      const { keys, until } = await keysOfPart(db, filter, part.equal, {
        ids,
        limit: Math.min(limit, piece),
        place: part.place,
        columns,
      })
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
  {
    ids,
    limit,
    place,
    columns,
  }: {
    readonly ids: readonly string[] | undefined
    readonly limit: number
    readonly place: Place | undefined
    readonly columns: typeof keyColumns | typeof rowColumns
  },
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
  const keys = await query.select(columns).orderBy('arrived_at', direction).orderBy('call_id', direction).limit(limit).execute()
  if (!edge || keys.length === limit) return { keys }
  return { keys, until: { arrivedAt: Number(edge.arrived_at) + (oldest ? 1 : 0), callId: '' } }
}

/** The calls of which a leg of the caller or of a ringing had this SIP Call-ID. */
async function callsWith(db: Db, sipCallId: string): Promise<readonly string[]> {
  const ofCaller = await db.selectFrom('calls').select('call_id').where('sip_call_id', '=', sipCallId).limit(maxPageSize).execute()
  const ofRinging = await db.selectFrom('attempts').select('call_id').where('sip_call_id', '=', sipCallId).limit(maxPageSize).execute()
  return [...new Set([...ofCaller, ...ofRinging].map((row) => row.call_id))]
}
