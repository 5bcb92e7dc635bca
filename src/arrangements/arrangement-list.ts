import type { ClinicianId, LineId } from '../directory/model.js'
import type { Arrangement } from '../facts/arrangement.js'
import { clinicianOf, dueAt, stateOf, type ArrangementState } from './arrangement.js'

/** Which arrangements a list shows. */
export interface ArrangementFilter {
  readonly kind: Arrangement['kind']
  readonly states?: readonly ArrangementState[]
  readonly line?: LineId
  readonly clinician?: ClinicianId
  /** Due (for PINs and codes: good) at or after `from`, before `to`; wall-clock ms. */
  readonly from?: number
  readonly to?: number
  /** Only those that should have been carried out by now. */
  readonly overdue?: boolean
  /** `newest` (default): the last due comes first. */
  readonly order?: 'newest' | 'oldest'
  /** Default 50, 200 at most. */
  readonly limit?: number
  /** `nextCursor` of the page before, with the same order. */
  readonly cursor?: string
}

export interface ArrangementPage {
  readonly arrangements: readonly Arrangement[]
  /** Undefined on the last page. */
  readonly nextCursor?: string
}

const defaultLimit = 50
const maxPageSize = 200

/** One page of the visible ones, by due time and then by id. Pure. An unreadable cursor gives the first page (the API refuses it before). */
export function listArrangements(
  all: Iterable<Arrangement>,
  filter: ArrangementFilter,
  now: number,
  sees: (arrangement: Arrangement) => boolean = () => true,
): ArrangementPage {
  const limit = Math.min(maxPageSize, Math.max(1, filter.limit ?? defaultLimit))
  const sign = filter.order === 'oldest' ? 1 : -1
  const compare = (a: Place, b: Place) => sign * (a.due - b.due || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
  const after = filter.cursor === undefined ? undefined : placeInList(filter.cursor)
  // The first ones after the cursor, in order; one more than the page holds. Thousands are open on a busy day: only these are sorted.
  const found: Arrangement[] = []
  for (const arrangement of all) {
    const place = placeOf(arrangement)
    const last = found.length > limit ? found.at(-1) : undefined
    if (
      (last && compare(place, placeOf(last)) >= 0) ||
      (after && compare(place, after) <= 0) ||
      !matches(arrangement, filter, now) ||
      !sees(arrangement)
    )
      continue
    let [low, high] = [0, found.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const there = found[middle]
      if (there && compare(placeOf(there), place) < 0) low = middle + 1
      else high = middle
    }
    found.splice(low, 0, arrangement)
    if (found.length > limit + 1) found.pop()
  }
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return { arrangements: page, ...(found.length > limit && last ? { nextCursor: cursorOf(placeOf(last)) } : {}) }
}

/** Whether it should have been carried out by now. Only call-backs are due; a PIN or a code runs out instead. */
export function isOverdue(arrangement: Arrangement, now: number): boolean {
  return arrangement.kind === 'callBack' && arrangement.dueAt < now && stateOf(arrangement, now) === 'open'
}

function matches(arrangement: Arrangement, { kind, states, line, clinician, from, to, overdue }: ArrangementFilter, now: number): boolean {
  if (arrangement.kind !== kind) return false
  if (states !== undefined && !states.includes(stateOf(arrangement, now))) return false
  if (line !== undefined && (arrangement.kind === 'patientConnect' || arrangement.line !== line)) return false
  if (clinician !== undefined && clinicianOf(arrangement) !== clinician) return false
  const due = dueAt(arrangement)
  if ((from !== undefined && due < from) || (to !== undefined && due >= to)) return false
  return overdue === undefined || isOverdue(arrangement, now) === overdue
}

interface Place {
  readonly due: number
  readonly id: string
}

function placeOf(arrangement: Arrangement): Place {
  return { due: dueAt(arrangement), id: arrangement.id }
}

function cursorOf({ due, id }: Place): string {
  return Buffer.from(`${due}.${id}`).toString('base64url')
}

/** @returns undefined for a text that is not one of our cursors */
export function placeInList(cursor: string): Place | undefined {
  const match = /^(\d{1,15})\.(.+)$/s.exec(Buffer.from(cursor, 'base64url').toString())
  return match?.[1] === undefined || match[2] === undefined ? undefined : { due: Number(match[1]), id: match[2] }
}
