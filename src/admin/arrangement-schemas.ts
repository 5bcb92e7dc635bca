import { arrangementStates } from '../arrangements/arrangement.js'
import {
  callId,
  clinicianId,
  count,
  dayOrInstant,
  flag,
  instant,
  instantOrNull,
  instantTaken,
  line as lineParts,
  lineId,
  list,
  object,
  oneOf,
  text,
  textOrNull,
} from './schema-parts.js'
import { cursor, nextCursor } from './schemas.js'

/** JSON Schemas of the routes about arranged calls. */

const phone = {
  type: 'string',
  minLength: 3,
  maxLength: 40,
  description: 'A telephone number as people write it: 01632 960889, +44 1632 960889. It must lie in the ranges that may be dialled',
  examples: ['01632 960889'],
} as const
const nhs = {
  type: 'string',
  minLength: 10,
  maxLength: 20,
  description: 'An NHS number: ten digits, the last a check digit',
  examples: ['943 476 5919'],
} as const
const note = { type: 'string', maxLength: 500, description: 'A note for the team', examples: ['in the afternoon'] } as const
const patientsLineId = lineId('The id of a line of patients (kind pifuAnswer or pifuCallBack) in the directory', 'cardiac-rehab-call-back')
const dueAt = instantTaken(
  'An instant with its offset (2027-03-02T09:30:00Z, 2027-03-02T10:30:00+01:00): when it is due, in the future and within 400 days',
)

export const minutes = { pin: { least: 5, most: 1_440, usual: 60 }, code: { least: 1, most: 60, usual: 10 } } as const
const validMinutes = ({ least, most, usual }: { readonly least: number; readonly most: number; readonly usual: number }) =>
  ({
    type: 'integer',
    minimum: least,
    maximum: most,
    default: usual,
    description: 'For how many minutes it is good',
    examples: [usual],
  }) as const

export const arrangementParams = (list: string) =>
  ({
    type: 'object',
    required: ['id'],
    properties: {
      id: {
        type: 'string',
        minLength: 1,
        maxLength: 220,
        pattern: '^[A-Za-z0-9][A-Za-z0-9@._:~-]*$',
        description: `The id of an arrangement; GET ${list} lists them`,
        examples: ['request-b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11'],
      },
    },
  }) as const

export const arrangementsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    state: {
      type: 'string',
      pattern: `^(${arrangementStates.join('|')})(,(${arrangementStates.join('|')}))*$`,
      description: `One or more of ${arrangementStates.join(', ')}, by commas. All where it is left out`,
      examples: ['open,inProgress'],
    },
    line: lineId('The id of a line'),
    clinician: clinicianId('The id of a clinician'),
    from: dayOrInstant('Due on this day (2026-03-02) or later, or at this instant (2026-03-02T09:00:00Z) or later', '2026-03-01'),
    to: dayOrInstant('Due up to the end of this day, or before this instant', '2027-12-31'),
    overdue: { type: 'boolean', description: 'Only those that are open after they were due, or only the others', examples: [false] },
    order: {
      type: 'string',
      enum: ['newest', 'oldest'],
      default: 'newest',
      description: '`newest`: due last comes first',
      examples: ['oldest'],
    },
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'The most entries of one page', examples: [50] },
    cursor: { ...cursor, description: 'The `nextCursor` of the page before, with the same order' },
  },
} as const

export const callBackBody = {
  type: 'object',
  additionalProperties: false,
  required: ['line', 'patientNumber', 'dueAt'],
  properties: {
    line: patientsLineId,
    patientNumber: phone,
    nhsNumber: nhs,
    clinician: clinicianId('The id of the clinician who is to call'),
    dueAt,
    note,
  },
} as const

export const callBackPatch = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    patientNumber: phone,
    nhsNumber: { ...nhs, type: ['string', 'null'] },
    clinician: { ...clinicianId('The id of the clinician who is to call'), type: ['string', 'null'] },
    dueAt,
    note: { ...note, type: ['string', 'null'] },
    state: { type: 'string', enum: ['done'], description: 'Closes it by hand', examples: ['done'] },
  },
} as const

export const startBody = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: { clinician: clinicianId('The id of the clinician who makes the call, if it is not the one that the arrangement names') },
} as const

export const patientConnectBody = {
  type: 'object',
  additionalProperties: false,
  required: ['nhsNumber', 'patientNumber', 'clinician'],
  properties: {
    nhsNumber: nhs,
    patientNumber: phone,
    clinician: clinicianId('The id of the clinician who is to call'),
    validMinutes: validMinutes(minutes.pin),
  },
} as const

export const callBackCodeBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    call: { ...callId, minLength: 1, maxLength: 200, description: 'The id of a past call of an advice line: its caller is reached' },
    thread: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'The name of a thread elsewhere; goes with `to`',
      examples: ['case 17'],
    },
    to: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      description: 'Who is reached: the id of a clinician, or a telephone number',
      examples: ['dr-okafor'],
    },
    line: lineId('The id of the line that the call belongs to; goes with `thread`'),
    number: {
      ...phone,
      description:
        'The number on which the code works: one of the directory for call-back codes, or a Dial-In number. Default: the number for codes that has the fewest',
      examples: ['01632 960099'],
    },
    validMinutes: validMinutes(minutes.code),
  },
} as const

export const outcomeBody = {
  type: 'object',
  additionalProperties: false,
  required: ['outcome'],
  properties: {
    outcome: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      description: 'The id of an outcome that the call could have been left with',
      examples: ['referral-avoided'],
    },
  },
} as const
export const outcomeAnswer = object(
  { callId, outcome: text('Id of the outcome', 'referral-avoided'), label: text('The outcome in words', 'Referral avoided') },
  'The outcome is left, and on disk',
)

const shared = {
  id: text('Id of the arrangement', '2c9d8f0e-58a1-4c80-b36e-0a1c6d0f8a27'),
  state: oneOf(arrangementStates, 'Where it stands'),
  madeAt: instant('When it was made'),
  madeBy: oneOf(['staff', 'patient'] as const, 'Who made it'),
  callId: textOrNull('The call that carries it now', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11'),
}
const clinicianOrNull = textOrNull('Id of the clinician; null: nobody yet', 'dr-okafor')
const clinicianName = textOrNull('Their name', 'Dr Ada Okafor')
const lastOutcome = textOrNull('The outcome of the last call that has one', 'patient-unavailable')
const numberOfTries = count('Calls that carried it so far', 1)
const tries = list(
  object({
    callId,
    at: instant('When the call began'),
    clinician: textOrNull('Who made it', 'dr-okafor'),
    talked: flag('They have spoken', true),
    outcome: textOrNull('Its outcome', 'patient-unavailable'),
    ended: flag('It has ended', true),
  }),
  'Every call that carried it',
)

const callBack = {
  ...shared,
  line: text('Id of the line', 'cardiac-rehab-call-back'),
  lineName: textOrNull('Its name; null: no longer in the directory', 'Cardiac rehabilitation'),
  patientNumber: text('Masked in lists', '01632 960889'),
  clinician: clinicianOrNull,
  clinicianName,
  dueAt: instant('When it is due'),
  overdue: flag('It is open after it was due'),
  tries: numberOfTries,
  lastOutcome,
  requestedIn: textOrNull('The call in which the patient asked for it', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11'),
  timesRequested: count('In how many calls the patient asked for it; 0 where staff scheduled it', 0),
  lastRequestedAt: instantOrNull('When they last did'),
  numberKeyed: flag('The number was keyed in that call; it is not the one that the call came from'),
  suspicious: flag('The same caller had left many different numbers within the hour'),
}
const expiresAt = instant('Until when it is good')
const dialIn = list(text('A Dial-In number', '01632 960006'), 'The numbers on which the PIN is good')
const patientConnect = {
  ...shared,
  clinician: text('Id of the clinician', 'dr-okafor'),
  clinicianName,
  patientNumber: text('Masked in lists', '01632 960889'),
  expiresAt,
  dialIn,
  tries: numberOfTries,
  lastOutcome,
}
const callBackCode = {
  ...shared,
  number: text('The number on which the code is good', '01632 960099'),
  call: textOrNull('The past call that it is about', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11'),
  thread: textOrNull('The thread elsewhere that it is about', 'case 17'),
  clinician: textOrNull('Who is reached, where it is a clinician of the directory', 'dr-okafor'),
  clinicianName,
  line: textOrNull('Id of the line', 'cardiology'),
  lineName: lineParts.name,
  expiresAt,
  tries: numberOfTries,
}

const page = (properties: object) =>
  object({ arrangements: list(object(properties), 'One page of them'), nextCursor }, 'One page of arrangements')
export const callBacksAnswer = page(callBack)
export const patientConnectsAnswer = page(patientConnect)
export const callBackCodesAnswer = page(callBackCode)
const nhsAnswered = 'The NHS number of the patient'
export const callBackAnswer = object(
  { ...callBack, nhsNumber: textOrNull(nhsAnswered, '943 476 5919'), note: textOrNull('The note for the team', 'in the afternoon'), tries },
  'The whole call-back',
)
export const patientConnectAnswer = object(
  { ...patientConnect, nhsNumber: text(nhsAnswered, '943 476 5919'), tries },
  'The whole Patient Connect, without its PIN',
)
export const callBackCodeAnswer = object({ ...callBackCode, tries }, 'The whole arrangement, without the code itself')
export const pinAnswer = object(
  { id: shared.id, pin: text('Six digits. Shown this once', '482913'), dialIn, expiresAt },
  'The PIN, shown this once',
)
export const codeAnswer = object(
  {
    id: shared.id,
    code: text('Four digits. Shown this once', '0471'),
    number: text('The number on which it is good', '+441632960099'),
    expiresAt,
  },
  'The code, shown this once',
)
export const startedAnswer = object({ callId }, 'The call has begun: the clinician is being rung')

export const gone = { 204: { description: 'Cancelled', type: 'null' } } as const
