/** JSON Schemas of what is said of telephones that are rung. */

const text = { type: 'string' } as const
const count = { type: 'integer' } as const
const time = { type: 'integer', description: 'Wall-clock milliseconds since 1970 (UTC)' } as const
const timeOrNull = { type: ['integer', 'null'], description: 'Wall-clock milliseconds since 1970 (UTC)' } as const
const counts = { type: 'object', additionalProperties: count } as const

const target = {
  type: 'object',
  properties: {
    id: { ...text, description: 'Stands for the telephone until the engine starts anew' },
    number: { ...text, description: 'Masked' },
    label: { ...text, description: 'Whose telephone it was last rung as' },
    rung: count,
    answered: { ...count, description: 'Picked up, by a person or a machine' },
    accepted: count,
    refused: { ...count, description: 'Somebody pressed the call away' },
    failed: { ...count, description: 'Nobody has the number, or the call could not be set up' },
    byResult: { ...counts, description: 'Ringings by result' },
    byReason: { ...counts, description: 'Ringings that came to nothing, by result and SIP status, or by whose fault it was' },
    lastRungAt: time,
    lastAcceptedAt: timeOrNull,
    watchedSince: { ...timeOrNull, description: 'Null: not on the watch list' },
    failures: {
      type: 'array',
      description: 'The ringings that failed since somebody was last reached there, oldest first',
      items: { type: 'object', properties: { callId: text, at: time, result: text, status: count, reason: text } },
    },
    standsToday: {
      type: 'array',
      description: 'Lines on whose rotas it stands today, and pools in which it stands',
      items: { type: 'object', properties: { kind: { ...text, enum: ['line', 'pool'] }, id: text, name: text } },
    },
  },
} as const

export const targetParams = { type: 'object', required: ['id'], properties: { id: { ...text, pattern: '^[A-Za-z0-9_-]{22}$', description: 'Id of a telephone, as the watch list gives it' } } } as const

export const targetsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 200 },
    offset: { type: 'integer', minimum: 0, default: 0 },
  },
} as const

export const watchListAnswer = { type: 'object', properties: { now: time, watched: { type: 'array', items: target } } } as const
export const watchedAnswer = { type: 'object', properties: { target } } as const
export const targetsAnswer = { type: 'object', properties: { now: time, total: count, targets: { type: 'array', items: target } } } as const
