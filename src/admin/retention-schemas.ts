import { count, instant, instantOrNull, list, object, oneOf, text, textOrNull } from './schema-parts.js'

/** JSON Schemas of retention. */

const kinds = ['call', 'organisation', 'number'] as const
const anId = '5f0c2a9d-2f0c-4d3a-9a51-b0a1d4a26f1c'

const hold = object({
  hold: text('Id of the hold', anId),
  kind: oneOf(kinds, 'What it is on'),
  value: text('Id of the call or the organisation; of a number, masked', '+44••••••••23'),
  reason: text('Why it was placed', 'Inquest 2026-17'),
  placedAt: instant('When it was placed'),
  placedBy: text('Who placed it: id of a person or a program, or what they are', 'anna'),
  releasedAt: instantOrNull('When it was released; null: it is in force'),
  releasedBy: textOrNull('Who released it', 'anna'),
  releaseReason: textOrNull('Why it was released', 'The inquest is closed'),
})

const reason = {
  type: 'string',
  minLength: 1,
  maxLength: 500,
  description: 'Why; kept with who did it',
  examples: ['Inquest 2026-17'],
} as const

export const holdBody = {
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'value', 'reason'],
  properties: {
    kind: { type: 'string', enum: kinds, description: 'What it is on', examples: ['organisation'] },
    value: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'Id of the call or the organisation, or the number',
      examples: ['elm-row'],
    },
    reason,
  },
} as const

export const releaseBody = { type: 'object', additionalProperties: false, required: ['reason'], properties: { reason } } as const

export const holdParams = {
  type: 'object',
  required: ['hold'],
  properties: {
    hold: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      description: 'The id of a hold; GET /api/retention/holds lists them',
      examples: [anId],
    },
  },
} as const

export const certificatesQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'The most certificates of an answer', examples: [50] },
  },
} as const

export const holdsAnswer = object({ holds: list(hold, 'The latest first') }, 'The legal holds')
export const holdAnswer = object({ hold }, 'The hold as it is now')
export const dueAnswer = object(
  {
    due: list(
      object({
        rule: text('The rule by which it is due for deletion', 'recordings are kept for 3 years'),
        count: count('Recordings, records of calls, arrangements or entries of the audit that would go', 12),
        bytes: count('Size of the recordings', 8_400_000),
        held: count('Those that legal holds keep; of the audit 1 where it ends before its time', 1),
      }),
      'By rule',
    ),
  },
  'What is due for deletion',
)
export const certificatesAnswer = object(
  {
    certificates: list(
      object({
        certificate: text('Id of the certificate', anId),
        at: instant('When it was written'),
        by: text('Who wanted it: id of a person or a program, or what they are', 'engine'),
        rule: text('The rule', 'recordings are kept for 3 years'),
        count: count('Recordings, records of calls, arrangements or entries of the audit that were deleted', 12),
        hash: text('SHA-256 over what was deleted', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'),
      }),
      'The latest first',
    ),
  },
  'Certificates of deletion',
)
