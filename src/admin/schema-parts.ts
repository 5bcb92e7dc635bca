/** The building blocks of the API's JSON Schemas. Every field says what it is and shows one value, so that the documentation can show whole examples. */

export const text = (description: string, example: string) => ({ type: 'string', description, examples: [example] }) as const
export const textOrNull = (description: string, example: string) =>
  ({ type: ['string', 'null'], description, examples: [example] }) as const
export const count = (description: string, example: number) => ({ type: 'integer', description, examples: [example] }) as const
export const countOrNull = (description: string, example: number) =>
  ({ type: ['integer', 'null'], description, examples: [example] }) as const
export const oneOf = <T extends string>(values: readonly T[], description: string) => ({
  type: 'string',
  enum: values,
  description,
  examples: [values[0] ?? ''],
})
export const flag = (description: string, example = false) => ({ type: 'boolean', description, examples: [example] }) as const
export const list = <T extends object>(items: T, description: string) => ({ type: 'array', description, items }) as const
export const object = <T extends object>(properties: T, description?: string) =>
  ({ type: 'object', ...(description === undefined ? {} : { description }), properties }) as const

const anInstant = '2026-03-02T09:30:00.000Z'
/** Answers are in UTC, to the millisecond. */
export const instant = (description: string) => ({ type: 'string', format: 'date-time', description, examples: [anInstant] }) as const
export const instantOrNull = (description: string) =>
  ({ type: ['string', 'null'], format: 'date-time', description, examples: [anInstant] }) as const

/** Input: an instant with an offset, in any ISO 8601 form. Checked in code, to say in words what would be right. */
export const instantTaken = (description: string) => ({ type: 'string', maxLength: 40, description, examples: [anInstant] }) as const
export const dayOrInstant = (description: string, example: string) =>
  ({ type: 'string', maxLength: 40, description, examples: [example] }) as const

const id = { type: 'string', minLength: 1, maxLength: 100, pattern: '^[a-z0-9][a-z0-9-]*$' } as const
export const lineId = (description = 'The id of a line in the directory: small letters, digits and hyphens', example = 'cardiology') =>
  ({ ...id, description, examples: [example] }) as const
export const clinicianId = (description = 'The id of a clinician in the directory: small letters, digits and hyphens') =>
  ({ ...id, description, examples: ['dr-okafor'] }) as const

export const callId = text('Id of the call', 'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11')
export const line = {
  id: text('Id of the line', 'cardiology'),
  name: textOrNull('Its name; null: no longer in the directory', 'Cardiology'),
} as const
