import { appendTo } from '../common/lists-by-key.js'
import { apiErrors, type ApiErrorCode } from './api-errors.js'

/** The refusals of operations: for each status a schema, with an example of each code. */

type Responses = Readonly<Record<number, Readonly<Record<string, unknown>>>>

const everywhere: readonly ApiErrorCode[] = ['wrongHost', 'internal']
/** Of any route that needs a permission. */
const behindTheDoor: readonly ApiErrorCode[] = ['notSignedIn', 'notAllowed', 'secondFactorNeeded']

/** Of an operation that is open to everyone. */
export function refusalsOfAnyone(...codes: readonly ApiErrorCode[]): Responses {
  return responses([...codes, ...everywhere])
}

/** Of an operation that only reads. */
export function refusalsOfReading(...codes: readonly ApiErrorCode[]): Responses {
  return responses([...codes, ...behindTheDoor, ...everywhere])
}

/** Of an operation that changes something, without a body. */
export function refusalsOfChanging(...codes: readonly ApiErrorCode[]): Responses {
  return responses([...codes, ...behindTheDoor, 'crossSite', ...everywhere])
}

/** Of an operation that takes a JSON body. */
export function refusalsOfBody(...codes: readonly ApiErrorCode[]): Responses {
  return responses(['badRequest', ...codes, ...behindTheDoor, 'crossSite', 'bodyTooLarge', 'unsupportedMediaType', ...everywhere])
}

function responses(codes: readonly ApiErrorCode[]): Responses {
  const byStatus = new Map<number, ApiErrorCode[]>()
  for (const code of codes) {
    const { status } = apiErrors[code]
    appendTo(byStatus, status, code)
  }
  return Object.fromEntries([...byStatus].map(([status, those]) => [status, response(those)]))
}

function response(codes: readonly ApiErrorCode[]): Readonly<Record<string, unknown>> {
  return {
    description: codes.map((code) => `\`${code}\`: ${apiErrors[code].when}`).join('. '),
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message'],
        properties: {
          code: { type: 'string', enum: codes, description: 'For programs; the list is closed' },
          message: { type: 'string', description: 'For people: what is wrong, and what would be right' },
          field: { type: 'string', description: 'The parameter or field in question; the first one where there are several' },
          problems: {
            type: 'array',
            description: 'Each wrong field, where there are several',
            items: {
              type: 'object',
              properties: {
                field: { type: 'string', description: 'The field' },
                message: { type: 'string', description: 'What is wrong, and what would be right' },
                expected: { type: 'string', description: 'What would be right, by itself, where that can be said' },
                inForce: { type: 'string', description: 'What another person has changed it to meanwhile' },
                wanted: { type: 'string', description: 'What was to become of it' },
              },
            },
          },
        },
      },
    },
    // Named examples of the media type (@fastify/swagger).
    'x-examples': Object.fromEntries(codes.map((code) => [code, example(code)])),
  }
}

function example(code: ApiErrorCode): { readonly summary: string; readonly value: object } {
  const entry = apiErrors[code]
  return { summary: entry.when, value: { error: { code, message: entry.example, ...('field' in entry ? { field: entry.field } : {}) } } }
}
