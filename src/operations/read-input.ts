import { Temporal } from 'temporal-polyfill'
import type { Clinician, Directory, Line } from '../directory/model.js'
import { parseNhsNumber } from '../directory/nhs-number.js'
import { readNumber } from '../directory/telephone-number.js'
import { bad, done, type Result } from './result.js'

/** Reads what people enter. A refusal says what would be right. */

type Reading<T> = Result<T, 'badInput'>

const hourMs = 60 * 60_000
/** A time that passed while it was being typed means "now". */
const earliestDueMs = hourMs
const latestDueMs = 400 * 24 * hourMs

/** @returns E.164, in the ranges that may be dialled */
export function dialableNumber(text: string, field: string, mayDial: (number: string) => boolean): Reading<string> {
  const reading = readNumber(text)
  if (!reading.ok) return bad(`${field} is "${text}"; it has to be ${reading.expected}.`, field)
  if (!mayDial(reading.number)) return bad(`${field} ${text} lies outside the ranges that may be dialled (setting calls.dialable).`, field)
  return done(reading.number)
}

/** @returns the ten digits */
export function nhsNumber(text: string): Reading<string> {
  const digits = parseNhsNumber(text)
  return digits === undefined
    ? bad(
        'nhsNumber is no NHS number: ten digits, of which the last is a check digit, such as 943 476 5919. One digit may be wrong, or two may have changed places.',
        'nhsNumber',
      )
    : done(digits)
}

/** An instant with its offset. @returns wall-clock ms */
export function instantGiven(text: string, field: string): Reading<number> {
  try {
    return done(Temporal.Instant.from(text).epochMilliseconds)
  } catch {
    return bad(
      `${field} is "${text}"; it has to be an instant with its offset, such as 2026-03-02T09:30:00Z or 2026-03-02T10:30:00+01:00.`,
      field,
    )
  }
}

/** @returns wall-clock ms */
export function dueTime(text: string, now: number): Reading<number> {
  const given = instantGiven(text, 'dueAt')
  if (given.kind === 'refused') return given
  const due = given.value
  if (due < now - earliestDueMs || due > now + latestDueMs)
    return bad(`dueAt is ${new Date(due).toISOString()}; it has to lie in the future, and within 400 days.`, 'dueAt')
  return done(due)
}

/** A clinician who can be rung. */
export function knownClinician(directory: Directory, id: string, field = 'clinician'): Reading<Clinician> {
  const named = namedClinician(directory, id, field)
  if (named.kind === 'refused') return named
  const clinician = named.value
  if (clinician.numbers.length === 0)
    return bad(`The directory has no telephone number of ${clinician.name}; a call could not begin.`, field)
  return named
}

/** A clinician, with or without a number in the directory. */
export function namedClinician(directory: Directory, id: string, field = 'clinician'): Reading<Clinician> {
  const clinician = directory.clinicians.get(id)
  return clinician ? done(clinician) : bad(`${field} is "${id}"; it has to be the id of a clinician in the directory.`, field)
}

export function clinicianId(directory: Directory, id: string, field = 'clinician'): Reading<string> {
  const clinician = knownClinician(directory, id, field)
  return clinician.kind === 'done' ? done(clinician.value.id) : clinician
}

/** A patients' line: call-backs are in its name, with its outcomes. */
export function patientsLine(directory: Directory, id: string): Reading<Line['id']> {
  const line = directory.lines.get(id)
  if (!line) return unknownLine(id)
  if (line.kind === 'advice')
    return bad(
      `${line.name} is an advice line; patients are called back in the name of a follow-up line (kind pifuAnswer or pifuCallBack).`,
      'line',
    )
  return done(line.id)
}

export function lineId(directory: Directory, id: string): Reading<Line['id']> {
  const line = directory.lines.get(id)
  return line ? done(line.id) : unknownLine(id)
}

function unknownLine(id: string): Reading<never> {
  return bad(`line is "${id}"; it has to be the id of a line in the directory.`, 'line')
}
