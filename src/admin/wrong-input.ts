import type { FastifySchemaValidationError } from 'fastify'

/** One problem of a request: its place, and a sentence that says what would be right. */
export interface Problem {
  /** `limit`, `owner.id`; `body` for the body as a whole. */
  readonly field: string
  readonly message: string
}

/** The parts of a JSON Schema that can be put into words. */
interface Rule {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Rule>>
}

/** The validator's error with `verbose: true`: the keyword, and also the value and the broken rule. */
interface Broken extends FastifySchemaValidationError {
  readonly data?: unknown
  readonly parentSchema?: Rule
}

/**
 * The problems of a request, one a field, in words that name the field and say what would be right.
 * The validator's own wording ("must NOT have additional properties") is never passed on.
 * @param context `body`, `params`, `querystring` (Fastify's names of the parts of a request)
 */
export function problemsOf(errors: readonly FastifySchemaValidationError[], context = 'body'): readonly Problem[] {
  const byField = new Map<string, Problem>()
  for (const error of errors as readonly Broken[]) {
    const problem = problemOf(error, context)
    if (!byField.has(problem.field)) byField.set(problem.field, problem)
  }
  return [...byField.values()]
}

function problemOf({ keyword, instancePath, params, data, parentSchema = {} }: Broken, context: string): Problem {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const named = (name: unknown) => [...path, String(name)].join('.')
  const field = path.length > 0 ? path.join('.') : context === 'body' ? 'body' : context === 'params' ? 'address' : 'query'
  switch (keyword) {
    case 'required': {
      const missing = String(params['missingProperty'])
      return {
        field: named(missing),
        message: `${named(missing)} is missing; it has to be ${expected(parentSchema.properties?.[missing] ?? {})}.`,
      }
    }
    case 'additionalProperties': {
      const unknown = named(String(params['additionalProperty']).slice(0, 60))
      return {
        field: unknown,
        message: `${unknown} is not known here; known are ${Object.keys(parentSchema.properties ?? {}).join(', ')}.`,
      }
    }
    case 'minProperties':
      return {
        field,
        message: `${field} has nothing in it; give at least one of ${Object.keys(parentSchema.properties ?? {}).join(', ')}.`,
      }
    case 'maxLength':
      return {
        field,
        message: `${field} has ${typeof data === 'string' ? data.length : 'too many'} characters; at most ${parentSchema.maxLength ?? 0} are taken.`,
      }
    case 'type':
      if (path.length === 0) return { field, message: `${field} is ${shown(data)}; it has to be ${expected(parentSchema)}.` }
      if (context === 'querystring' && Array.isArray(data))
        return { field, message: `${field} is given ${data.length} times; it may be given once.` }
  }
  return { field, message: `${field} is ${shown(data)}; it has to be ${expected(parentSchema)}.` }
}

/** "a whole number from 1 to 200", "one of newest, oldest", "the id of a line in the directory, such as cardiology". */
function expected(rule: Rule): string {
  const types = [rule.type ?? []].flat()
  const words = rule.enum
    ? oneOf(rule.enum.filter((one) => one !== null))
    : ofType(
        types.find((type) => type !== 'null'),
        rule,
      )
  return types.includes('null') ? `${words}, or null` : words
}

function ofType(type: string | undefined, rule: Rule): string {
  switch (type) {
    case 'integer':
      return `a whole number${range(rule)}`
    case 'number':
      return `a number${range(rule)}`
    case 'boolean':
      return 'true or false'
    case 'object':
      return `a JSON object${rule.properties ? ` with ${(rule.required ?? Object.keys(rule.properties)).join(', ')}` : ''}`
    default: {
      // The first sentence of the description says what it is; the rest is about its use.
      const what = rule.description?.split(/[.:;](\s|$)/)[0] ?? 'text'
      const [example] = (rule.examples ?? []).filter((one) => typeof one === 'string')
      return `${what.charAt(0).toLowerCase()}${what.slice(1)}${example === undefined ? '' : `, such as ${example}`}`
    }
  }
}

function range({ minimum, maximum }: Rule): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`
}

/** The value received, shortened; nothing of an object's inside. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'missing'
  if (value === '') return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text
}
