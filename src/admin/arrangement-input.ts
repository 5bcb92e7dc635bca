import { Temporal } from 'temporal-polyfill'
import { placeInList, type ArrangementFilter } from '../arrangements/arrangement-list.js'
import type { ArrangementState } from '../arrangements/arrangement.js'
import type { Clinician, Directory, Line } from '../directory/model.js'
import { parseNhsNumber } from '../directory/nhs-number.js'
import { readNumber } from '../directory/telephone-number.js'
import { ApiError } from './api-error.js'
import { bound } from './day-range.js'

/** Reads what people write into the routes about arranged calls. Every function throws ApiError badRequest that says what would be right. */

const hourMs = 60 * 60_000
/** A time that has just passed while somebody was typing is meant as "now". */
const earliestDueMs = hourMs
const latestDueMs = 400 * 24 * hourMs

/** @returns E.164, in the ranges that may be dialled */
export function dialableNumber(text: string, what: string, mayDial: (number: string) => boolean): string {
  const reading = readNumber(text)
  if (!reading.ok) throw bad(`${what} is "${text}"; it has to be ${reading.expected}.`, what)
  if (!mayDial(reading.number)) throw bad(`${what} ${text} lies outside the ranges that may be dialled (setting calls.dialable).`, what)
  return reading.number
}

/** @returns the ten digits */
export function nhsNumber(text: string): string {
  const digits = parseNhsNumber(text)
  if (digits === undefined) throw bad(`nhsNumber is no NHS number: ten digits, of which the last is a check digit, such as 943 476 5919. One digit may be wrong, or two may have changed places.`, 'nhsNumber')
  return digits
}

/** @returns wall-clock ms */
export function dueTime(text: string, now: number): number {
  let due: number
  try {
    due = Temporal.Instant.from(text).epochMilliseconds
  } catch {
    throw bad(`dueAt is "${text}"; it has to be an instant with its offset, such as 2026-03-02T09:30:00Z or 2026-03-02T10:30:00+01:00.`, 'dueAt')
  }
  if (due < now - earliestDueMs || due > now + latestDueMs) throw bad(`dueAt is ${new Date(due).toISOString()}; it has to lie in the future, and within 400 days.`, 'dueAt')
  return due
}

export function knownClinician(directory: Directory, id: string, field = 'clinician'): Clinician {
  const clinician = directory.clinicians.get(id)
  if (!clinician) throw bad(`${field} is "${id}"; it has to be the id of a clinician in the directory.`, field)
  if (clinician.numbers.length === 0) throw bad(`The directory has no telephone number of ${clinician.name}; a call could not begin.`, field)
  return clinician
}

/** A line of patients: they are called back in its name, under its outcomes. */
export function patientsLine(directory: Directory, id: string): Line {
  const line = knownLine(directory, id)
  if (line.kind === 'advice') throw bad(`${line.name} is an advice line; patients are called back in the name of a follow-up line (kind pifuAnswer or pifuCallBack).`, 'line')
  return line
}

export function knownLine(directory: Directory, id: string): Line {
  const line = directory.lines.get(id)
  if (!line) throw bad(`line is "${id}"; it has to be the id of a line in the directory.`, 'line')
  return line
}

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

export function arrangementFilter(kind: ArrangementFilter['kind'], { state, from, to, cursor, ...rest }: ArrangementsQuery, timeZone: string): ArrangementFilter {
  const first = from === undefined ? undefined : bound(from, 'from', timeZone)
  const end = to === undefined ? undefined : bound(to, 'to', timeZone)
  if (first !== undefined && end !== undefined && first >= end) throw bad('from lies after to; it has to lie before it.', 'from')
  if (cursor !== undefined && !placeInList(cursor)) throw bad('cursor is none that this API gave out; leave it out to begin at the first page.', 'cursor')
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

/** @param field the parameter or field of the request that is meant */
export function bad(message: string, field: string): ApiError {
  return new ApiError('badRequest', message, field)
}
