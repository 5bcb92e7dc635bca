import { cursor, nextCursor } from './schemas.js'
import { count, instant, instantOrNull, list, object, oneOf, text } from './schema-parts.js'

/** JSON Schemas of rung telephones. */

const counts = (description: string, example: Readonly<Record<string, number>>) =>
  ({ type: 'object', description, additionalProperties: { type: 'integer' }, examples: [example] }) as const

const target = object({
  id: text('Stands for the telephone until the engine restarts', 'Qm9zY8sVxjv3mK2w5tA1dQ'),
  number: text('Masked', '+44••••••••23'),
  label: text('Whose telephone it was last rung as', 'Dr Ada Okafor'),
  rung: count('Ringings', 12),
  answered: count('Picked up, by a person or a machine', 7),
  accepted: count('Accepted, or connected where nobody has to accept', 5),
  refused: count('Calls that were pressed away', 1),
  failed: count('Nobody has the number, or the call could not be set up', 3),
  byResult: counts('Ringings by result', { accepted: 5, noAnswer: 3, badNumber: 3, declined: 1 }),
  byReason: counts('Ringings that came to nothing, by result and SIP status, or by whose fault it was', { 'badNumber 404': 3 }),
  lastRungAt: instant('When it was last rung'),
  lastAcceptedAt: instantOrNull('When a call was last accepted there'),
  watchedSince: instantOrNull('Null: not on the watch list'),
  failures: list(
    object({
      callId: text('In which call', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11'),
      at: instant('When'),
      result: text('What became of the ringing', 'badNumber'),
      status: count('SIP status', 404),
      reason: text('Reason, numbers masked', 'Not Found'),
    }),
    'The failed ringings since it was last reached, oldest first',
  ),
  standsToday: list(
    object({
      kind: oneOf(['line', 'pool'] as const, 'A rota, or a pool of the National Consultant Network'),
      id: text('Id', 'cardiology'),
      name: text('Name', 'Cardiology'),
    }),
    'Lines on whose rotas it stands today, and pools in which it stands',
  ),
})

export const targetParams = {
  type: 'object',
  required: ['id'],
  properties: {
    id: {
      type: 'string',
      pattern: '^[A-Za-z0-9_-]{22}$',
      description: 'The id of a telephone, as GET /api/watch-list gives it',
      examples: ['Qm9zY8sVxjv3mK2w5tA1dQ'],
    },
  },
} as const

export const clearBody = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    why: {
      type: 'string',
      minLength: 1,
      maxLength: 300,
      description: 'Why it is taken off; kept with who did it',
      examples: ['The number is corrected'],
    },
  },
} as const

/** @param usual default number of telephones on a page */
export const targetsQuery = (usual: number) =>
  ({
    type: 'object',
    additionalProperties: false,
    properties: {
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 200,
        default: usual,
        description: 'The most telephones of one page',
        examples: [usual],
      },
      cursor: { ...cursor, maxLength: 1_000 },
    },
  }) as const

const now = instant('When it was asked')
export const watchListAnswer = object(
  { now, total: count('How many are on the list', 3), watched: list(target, 'The latest first'), nextCursor },
  'One page of the watch list',
)
export const watchedAnswer = object({ target }, 'It is off the watch list')
export const targetsAnswer = object({ now, targets: list(target, 'Those on the watch list first'), nextCursor }, 'One page of telephones')
