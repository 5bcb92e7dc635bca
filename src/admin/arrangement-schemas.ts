import { arrangementStates } from '../arrangements/arrangement.js'
import { refusals } from './schemas.js'

/** JSON Schemas of the routes about arranged calls. */

const text = { type: 'string' } as const
const textOrNull = { type: ['string', 'null'] } as const
const id = { ...text, minLength: 1, maxLength: 100, pattern: '^[a-z0-9][a-z0-9-]*$' } as const
const time = { type: 'integer', description: 'Wall-clock milliseconds since 1970 (UTC)' } as const
const phone = { ...text, minLength: 3, maxLength: 40, description: 'Telephone number as people write it: 01632 960123, +44 1632 960123' } as const
const nhs = { ...text, minLength: 10, maxLength: 20, description: 'Ten digits, the last a check digit: 943 476 5919' } as const
const instant = { ...text, maxLength: 40, description: 'Instant with its offset: 2026-03-02T09:30:00Z, 2026-03-02T10:30:00+01:00' } as const
const clinician = { ...id, description: 'Id of a clinician in the directory' } as const
const line = { ...id, description: 'Id of a line in the directory' } as const
const note = { ...text, maxLength: 500, description: 'For the team' } as const

export const minutes = { pin: { least: 5, most: 1_440, usual: 60 }, code: { least: 1, most: 60, usual: 10 } } as const
const validMinutes = ({ least, most, usual }: { readonly least: number; readonly most: number; readonly usual: number }) => ({ type: 'integer', minimum: least, maximum: most, default: usual }) as const

export const arrangementParams = { type: 'object', required: ['id'], properties: { id: { ...text, minLength: 1, maxLength: 220, pattern: '^[A-Za-z0-9][A-Za-z0-9@._:~-]*$', description: 'Id of the arrangement' } } } as const

export const arrangementsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    state: { ...text, pattern: `^(${arrangementStates.join('|')})(,(${arrangementStates.join('|')}))*$`, description: `One or more of ${arrangementStates.join(', ')}, by commas; all where it is left out` },
    line,
    clinician,
    from: { ...text, maxLength: 40, description: 'Due on this day or later (2026-03-02), or at this instant or later' },
    to: { ...text, maxLength: 40, description: 'Due up to the end of this day, or before this instant' },
    overdue: { type: 'boolean', description: 'Only those that are open after they were due, or only the others' },
    order: { ...text, enum: ['newest', 'oldest'], default: 'newest', description: '`newest`: due last comes first' },
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    cursor: { ...text, maxLength: 400, description: '`nextCursor` of the page before, with the same order' },
  },
} as const

export const callBackBody = {
  type: 'object',
  additionalProperties: false,
  required: ['line', 'patientNumber', 'dueAt'],
  properties: { line, patientNumber: phone, nhsNumber: nhs, clinician, dueAt: instant, note },
} as const

export const callBackPatch = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    patientNumber: phone,
    nhsNumber: { ...nhs, type: ['string', 'null'] },
    clinician: { ...clinician, type: ['string', 'null'] },
    dueAt: instant,
    note: { ...note, type: ['string', 'null'] },
    state: { ...text, enum: ['done'], description: 'Closes it by hand' },
  },
} as const

export const startBody = { type: ['object', 'null'], additionalProperties: false, properties: { clinician: { ...clinician, description: 'Who makes the call, where it is not whom the arrangement names' } } } as const

export const patientConnectBody = {
  type: 'object',
  additionalProperties: false,
  required: ['nhsNumber', 'patientNumber', 'clinician'],
  properties: { nhsNumber: nhs, patientNumber: phone, clinician, validMinutes: validMinutes(minutes.pin) },
} as const

export const callBackCodeBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    call: { ...text, minLength: 1, maxLength: 200, description: 'Id of a past call: whoever asked for advice in it is reached' },
    thread: { ...text, minLength: 1, maxLength: 200, description: 'Name of a thread elsewhere; goes with `to`' },
    to: { ...text, minLength: 1, maxLength: 100, description: 'Who is reached: id of a clinician, or a telephone number' },
    line: { ...line, description: 'With `thread`: the line that the call belongs to' },
    number: { ...phone, description: 'On which the code is to be good: a number of the directory for call-back codes, or a Dial-In number. Default: the number for codes that has the fewest' },
    validMinutes: validMinutes(minutes.code),
  },
} as const

export const outcomeBody = { type: 'object', additionalProperties: false, required: ['outcome'], properties: { outcome: { ...text, minLength: 1, maxLength: 100, description: 'Id of an outcome that the call could have been left with' } } } as const
export const outcomeAnswer = { type: 'object', properties: { callId: text, outcome: text, label: text } } as const

const shared = {
  id: text,
  state: { ...text, enum: arrangementStates },
  madeAt: time,
  madeBy: { ...text, enum: ['staff', 'patient'] },
  callId: { ...textOrNull, description: 'The call that carries it now' },
} as const
const tries = {
  type: 'array',
  items: { type: 'object', properties: { callId: text, at: time, clinician: textOrNull, talked: { type: 'boolean' }, outcome: textOrNull, ended: { type: 'boolean' } } },
} as const

const callBack = {
  ...shared,
  line: text,
  lineName: textOrNull,
  patientNumber: { ...text, description: 'Masked in lists' },
  clinician: textOrNull,
  clinicianName: textOrNull,
  dueAt: time,
  overdue: { type: 'boolean' },
  tries: { type: 'integer' },
  lastOutcome: textOrNull,
  requestedIn: { ...textOrNull, description: 'The call in which the patient asked for it' },
  timesRequested: { type: 'integer', description: 'In how many calls the patient asked for it; 0 where staff scheduled it' },
  lastRequestedAt: { type: ['integer', 'null'], description: 'When they last did' },
  numberKeyed: { type: 'boolean', description: 'The number was keyed in that call; it is not the one that the call came from' },
  suspicious: { type: 'boolean', description: 'The same caller had left many different numbers within the hour' },
} as const
const patientConnect = { ...shared, clinician: text, clinicianName: textOrNull, patientNumber: { ...text, description: 'Masked in lists' }, expiresAt: time, dialIn: { type: 'array', items: text, description: 'Numbers on which the PIN is good' }, tries: { type: 'integer' }, lastOutcome: textOrNull } as const
const callBackCode = { ...shared, number: { ...text, description: 'The number on which the code is good' }, call: textOrNull, thread: textOrNull, clinician: { ...textOrNull, description: 'Who is reached, where it is a clinician of the directory' }, clinicianName: textOrNull, line: textOrNull, lineName: textOrNull, expiresAt: time, tries: { type: 'integer' } } as const

const page = (properties: Readonly<Record<string, unknown>>) => ({ type: 'object', properties: { arrangements: { type: 'array', items: { type: 'object', properties } }, nextCursor: { ...textOrNull, description: 'Null on the last page' } } }) as const
export const callBacksAnswer = page(callBack)
export const patientConnectsAnswer = page(patientConnect)
export const callBackCodesAnswer = page(callBackCode)
export const callBackAnswer = { type: 'object', properties: { ...callBack, nhsNumber: textOrNull, note: textOrNull, tries } } as const
export const patientConnectAnswer = { type: 'object', properties: { ...patientConnect, nhsNumber: text, tries } } as const
export const callBackCodeAnswer = { type: 'object', properties: { ...callBackCode, tries } } as const
export const pinAnswer = { type: 'object', properties: { id: text, pin: { ...text, description: 'Six digits. Shown this once' }, dialIn: { type: 'array', items: text }, expiresAt: time } } as const
export const codeAnswer = { type: 'object', properties: { id: text, code: { ...text, description: 'Four digits. Shown this once' }, number: text, expiresAt: time } } as const
export const startedAnswer = { type: 'object', properties: { callId: text } } as const

export const gone = { 204: { description: 'Cancelled', type: 'null' }, ...refusals } as const
