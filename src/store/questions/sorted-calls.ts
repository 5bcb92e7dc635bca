import { sql, type ExpressionBuilder } from 'kysely'
import type { CallFilter, CallOrder, CallPart, NameOrder, Place } from '../call-filter.js'
import { isOutcomeOpen } from '../report-tables.js'
import type { Schema } from '../schema.js'
import type { Db } from '../statements.js'
import { rowColumns, type Key, type Row } from './call-summaries.js'
import { isLong, keysOf, newestFirst, partsOf } from './list-calls.js'

/**
 * Calls in another order than that of time, all of them. A short list is sorted as a whole. A longer one is walked: by a figure along an index that has it, by names one after the other along the index of
 * each. The number of calls looked at for one page is limited; a page may then have fewer calls than its limit, and leads on.
 */

/** Lists of up to this many calls are sorted as a whole. A longer one is at least this part of a store, so that few calls of others lie between its own. */
const maxSorted = 5_000
/** How many calls are looked at along the index of a figure: at once, and for a page. */
const [lookedAtOnce, maxLookedAt] = [3_000, 12_000]
/** Names of which the calls are asked for one page, over all parts of the list: many may have none. */
const maxNames = 150
const minNames = 10

type ByFigure = 'longestWait' | 'shortestWait' | 'longestTalk' | 'shortestTalk' | 'mostRefs' | 'fewestRefs'
type Figure = 'wait_ms' | 'talk_ms' | 'refs'

const figures: Readonly<Record<ByFigure, { readonly column: Figure; readonly sign: 1 | -1 }>> = {
  longestWait: { column: 'wait_ms', sign: -1 },
  shortestWait: { column: 'wait_ms', sign: 1 },
  longestTalk: { column: 'talk_ms', sign: -1 },
  shortestTalk: { column: 'talk_ms', sign: 1 },
  mostRefs: { column: 'refs', sign: -1 },
  fewestRefs: { column: 'refs', sign: 1 },
}

export interface SortedKeys {
  /** A list that was walked has read its rows. */
  readonly keys: readonly (Key | Row)[]
  readonly next?: Place | undefined
}

type Sorted = CallFilter & { readonly order: Exclude<CallOrder, 'newest' | 'oldest'> }

/** @param place of the page before: in a short list, how many calls came before it; in a long one, the step of the walk and the place in it */
export async function sortedKeys(db: Db, filter: Sorted, limit: number, place: Place | undefined): Promise<SortedKeys> {
  const { order: _order, ...rest } = filter
  const step = place === undefined ? undefined : stepOf(place)
  // A list that was short on its first page stays so to its last.
  if (step === undefined && (place !== undefined || !(await isLong(db, rest, maxSorted)))) {
    const { keys, until } = await keysOf(db, rest, maxSorted + 1, undefined)
    if ((keys.length <= maxSorted && until === undefined) || place !== undefined)
      return shortList(keys, filter, limit, place?.arrivedAt ?? 0)
  }
  return isByFigure(filter.order)
    ? byFigure(db, rest, figures[filter.order], limit, step)
    : byName(db, rest, filter.names ?? { column: 'line', values: [] }, limit, step)
}

function isByFigure(order: Sorted['order']): order is ByFigure {
  return order in figures
}

function shortList(keys: readonly Key[], { order, names }: Sorted, limit: number, behind: number): SortedKeys {
  const places = new Map(names?.values.map((value, index) => [value, index]))
  const value = (key: Key): number => {
    if (!isByFigure(order)) return names === undefined ? 0 : (places.get(key[names.column] ?? '') ?? Infinity)
    const { column, sign } = figures[order]
    return key[column] === null ? Infinity : sign * Number(key[column])
  }
  // Both infinite: neither has one.
  const sorted = keys.toSorted((a, b) => (value(a) === value(b) ? newestFirst(a, b) : value(a) - value(b)))
  return {
    keys: sorted.slice(behind, behind + limit),
    ...(sorted.length > behind + limit ? { next: { arrivedAt: behind + limit, callId: '' } } : {}),
  }
}

/** Where a walk has come to. `figure`: along its index. `name`: at one of the names. `rest`: those that have none. */
interface WalkStep {
  readonly kind: 'figure' | 'name' | 'rest'
  readonly name: number
  readonly place: Place | undefined
}

function placeOfStep({ kind, name, place }: WalkStep): Place {
  return { arrivedAt: place?.arrivedAt ?? 0, callId: `~${kind}~${name}~${place === undefined ? '' : `~${place.callId}`}` }
}

function stepOf({ arrivedAt, callId }: Place): WalkStep | undefined {
  const [, kind, name, place] = /^~(figure|name|rest)~(\d{1,6})~(~.*)?$/s.exec(callId) ?? []
  if (kind === undefined) return undefined
  return {
    kind: kind as WalkStep['kind'],
    name: Number(name),
    place: place === undefined ? undefined : { arrivedAt, callId: place.slice(1) },
  }
}

/** Those that have the figure, along its index; then those that have none. */
async function byFigure(
  db: Db,
  filter: CallFilter,
  { column, sign }: { readonly column: Figure; readonly sign: 1 | -1 },
  limit: number,
  begun: WalkStep | undefined,
): Promise<SortedKeys> {
  const found: (Key | Row)[] = []
  if (begun?.kind !== 'rest') {
    let place = begun?.place
    for (let looked = 0; ; looked += lookedAtOnce) {
      if (looked >= maxLookedAt) return { keys: found, next: placeOfStep({ kind: 'figure', name: 0, place }) }
      const piece = await alongIndex(db, filter, column, sign, place, limit + 1 - found.length)
      const full = found.length + piece.keys.length > limit
      found.push(...piece.keys.slice(0, limit - found.length))
      if (full)
        return { keys: found, next: placeOfStep({ kind: 'figure', name: 0, place: figurePlace(piece.keys.at(-2), column) ?? place }) }
      if (piece.end === undefined) break
      place = piece.end
    }
    if (column === 'refs') return { keys: found }
  }
  return rest(
    db,
    { ...filter, ...(column === 'refs' ? {} : { without: column }) },
    found,
    limit,
    begun?.kind === 'rest' ? begun.place : undefined,
  )
}

function figurePlace(key: Pick<Key, 'call_id' | Figure> | undefined, column: Figure): Place | undefined {
  return key && { arrivedAt: Number(key[column]), callId: key.call_id }
}

/** @returns `end`: so far was looked; undefined: to the end of the index */
async function alongIndex(db: Db, filter: CallFilter, column: Figure, sign: 1 | -1, place: Place | undefined, limit: number) {
  const [direction, behind, upTo] = sign < 0 ? (['desc', '<', '>='] as const) : (['asc', '>', '<='] as const)
  const all = () => {
    const query = db.selectFrom('calls').where(column, 'is not', null)
    return place === undefined
      ? query
      : query.where((where) => where(where.refTuple(column, 'call_id'), behind, where.tuple(place.arrivedAt, place.callId)))
  }
  const edge = await all()
    .select([column, 'call_id'])
    .orderBy(column, direction)
    .orderBy('call_id', direction)
    .offset(lookedAtOnce - 1)
    .limit(1)
    .executeTakeFirst()
  const end = edge && { arrivedAt: Number(edge[column]), callId: edge.call_id }
  let query = all().where((where) => wanted(where, filter))
  if (end) query = query.where((where) => where(where.refTuple(column, 'call_id'), upTo, where.tuple(end.arrivedAt, end.callId)))
  const keys = await query.select(rowColumns).orderBy(column, direction).orderBy('call_id', direction).limit(limit).execute()
  return { keys, end }
}

/** What is asked for, in words that no index answers: the one of the figure is walked. */
function wanted(where: ExpressionBuilder<Schema, 'calls'>, filter: CallFilter) {
  const at = sql<number>`(arrived_at + 0)`
  const parts = partsOf(filter).map((equal) =>
    where.and([...equal].map(([name, value]) => where(sql<string>`(${sql.ref(name)} || '')`, '=', value))),
  )
  return where.and([
    ...(filter.from === undefined ? [] : [where(at, '>=', filter.from)]),
    ...(filter.to === undefined ? [] : [where(at, '<', filter.to)]),
    where.or(parts),
    ...(filter.outcome === 'open' ? [isOutcomeOpen] : []),
    ...(filter.answered === undefined
      ? []
      : filter.answered
        ? [where('talk_started_after_ms', 'is not', null)]
        : [where('talk_started_after_ms', 'is', null), where('ending', 'is not', null)]),
  ])
}

/** The calls of each name, the newest first, by the index of that column; then those of no name, or of one no longer known. */
async function byName(
  db: Db,
  filter: CallFilter,
  { column, values }: NameOrder,
  limit: number,
  begun: WalkStep | undefined,
): Promise<SortedKeys> {
  const found: (Key | Row)[] = []
  if (begun?.kind !== 'rest') {
    const first = begun?.name ?? 0
    const most = Math.max(minNames, Math.floor(maxNames / Math.max(1, partsOf(filter).length)))
    let asked = 0
    const known = { until: first, names: new Set<string>() }
    let anyWithout = false
    for (let name = first; name < values.length; name++) {
      if (asked === most) return { keys: found, next: placeOfStep({ kind: 'name', name, place: undefined }) }
      // Where one name has no calls, others may have none: which they are is asked for all of them at once.
      if (anyWithout && name >= known.until) {
        known.until = name + maxNames
        known.names = await namesWithCalls(db, column, values.slice(name, known.until))
      }
      if (name < known.until && !known.names.has(values[name] ?? '')) continue
      const of = withName(filter, column, values[name] ?? '')
      if (of === undefined) continue
      asked++
      const { keys, until } = await keysOf(db, of, limit + 1 - found.length, name === first ? begun?.place : undefined, rowColumns)
      const full = found.length + keys.length > limit
      const taken = keys.slice(0, limit - found.length)
      found.push(...taken)
      if (full)
        return {
          keys: found,
          next: placeOfStep({ kind: 'name', name, place: timePlace(taken.at(-1)) ?? (name === first ? begun?.place : undefined) }),
        }
      if (until) return { keys: found, next: placeOfStep({ kind: 'name', name, place: until }) }
      anyWithout ||= keys.length === 0
    }
  }
  const known = new Set(values)
  return rest(db, filter, found, limit, begun?.kind === 'rest' ? begun.place : undefined, (key) => !known.has(key[column] ?? ''))
}

/** Those of these names that any call has: one look into the index of each. */
async function namesWithCalls(db: Db, column: NameOrder['column'], names: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ readonly name: string }>`select v.column1 as name
    from (values ${sql.join(names.map((name) => sql`(${name})`))}) as v
    where (select call_id from calls where ${sql.ref(column)} = v.column1 limit 1) is not null`.execute(db)
  return new Set(rows.map(({ name }) => name))
}

/** @returns undefined: nothing can be in it, since another one is asked for */
function withName(filter: CallFilter, column: NameOrder['column'], value: string): CallFilter | undefined {
  if (column === 'outcome') return (filter.outcome ?? value) === value ? { ...filter, outcome: value } : undefined
  const within: readonly CallPart[] = (filter.within ?? [{}])
    .filter((part) => (part[column] ?? value) === value)
    .map((part) => ({ ...part, [column]: value }))
  return within.length === 0 ? undefined : { ...filter, within }
}

/** What comes last, the newest first. */
async function rest(
  db: Db,
  filter: Parameters<typeof keysOf>[1],
  before: readonly (Key | Row)[],
  limit: number,
  begun: Place | undefined,
  isOf: (key: Key) => boolean = () => true,
): Promise<SortedKeys> {
  const found = [...before]
  let place = begun
  for (let looked = 0; looked < maxLookedAt; looked += lookedAtOnce) {
    const { keys, until } = await keysOf(db, filter, lookedAtOnce, place)
    for (const key of keys) {
      if (!isOf(key)) continue
      if (found.length === limit) return { keys: found, next: placeOfStep({ kind: 'rest', name: 0, place }) }
      found.push(key)
      place = timePlace(key)
    }
    const last = keys.length === lookedAtOnce ? timePlace(keys.at(-1)) : undefined
    if (until === undefined && last === undefined) return { keys: found }
    place = until ?? last
  }
  return { keys: found, next: placeOfStep({ kind: 'rest', name: 0, place }) }
}

function timePlace(key: Key | undefined): Place | undefined {
  return key && { arrivedAt: Number(key.arrived_at), callId: key.call_id }
}
