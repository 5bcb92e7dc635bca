import { placeInList, type ArrangementFilter } from '../arrangements/arrangement-list.js'
import type { ArrangementState } from '../arrangements/arrangement.js'
import { ApiError } from './api-error.js'
import { bound } from './day-range.js'

export interface ArrangementsQuery {
  readonly state?: string
  readonly line?: string
  readonly clinician?: string
  readonly from?: string
  readonly to?: string
  readonly overdue?: boolean
  readonly order?: 'newest' | 'oldest'
  readonly limit?: number
  readonly cursor?: string
}

/** @throws ApiError badRequest, which says what would be right */
export function arrangementFilter(
  kind: ArrangementFilter['kind'],
  { state, from, to, cursor, ...rest }: ArrangementsQuery,
  timeZone: string,
): ArrangementFilter {
  const first = from === undefined ? undefined : bound(from, 'from', timeZone)
  const end = to === undefined ? undefined : bound(to, 'to', timeZone)
  if (first !== undefined && end !== undefined && first >= end)
    throw new ApiError('badRequest', 'from lies after to; it has to lie before it.', 'from')
  if (cursor !== undefined && !placeInList(cursor))
    throw new ApiError('badRequest', 'cursor is none that this API gave out; leave it out to begin at the first page.', 'cursor')
  return {
    ...rest,
    kind,
    // The schema lets nothing else through.
    ...(state === undefined ? {} : { states: state.split(',') as ArrangementState[] }),
    ...(first === undefined ? {} : { from: first }),
    ...(end === undefined ? {} : { to: end }),
    ...(cursor === undefined ? {} : { cursor }),
  }
}
