import { stdSerializers, type LoggerOptions } from 'pino'
import { printable } from './text/printable.js'

/**
 * Telephone and NHS numbers: seven digits or more, with blanks, hyphens or brackets between them. Not similar text: instants, and ids and hashes, whose digits are next to letters.
 */
const numberOrName =
  /\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?|(?:(?<![\w-])|(?<=%2b))\+?\d(?:[ ()-]{0,2}\d){6,}(?![\w-])/gi
const kept = /^(?:\d{4}-\d\d-\d\d|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$)/

/** The text with only the last two digits of every number. */
export function withoutNumbers(text: string): string {
  return text.replace(numberOrName, (found) => (kept.test(found) ? found : `•••${found.slice(-2)}`))
}

function masked(value: unknown): unknown {
  if (typeof value === 'string') return withoutNumbers(value)
  if (Array.isArray(value)) return value.map(masked)
  // Errors have their own serializer.
  if (typeof value === 'object' && value !== null && !(value instanceof Error))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, masked(one)]))
  return value
}

/** A log that cannot contain a patient's number, whatever writes the line: operators find it in the call's record, by the id in the line. Nor can it attack a terminal: JSON does not escape 8-bit controls and direction marks, so this does. */
export const logWithoutNumbers: Pick<LoggerOptions, 'hooks' | 'formatters' | 'serializers'> = {
  hooks: {
    logMethod(given, method) {
      const lines = given as unknown[]
      method.apply(this, lines.map((one) => (typeof one === 'string' ? withoutNumbers(one) : one)) as typeof given)
    },
    streamWrite: printable,
  },
  formatters: { log: (object) => masked(object) as Record<string, unknown> },
  serializers: { err: (error: Error) => masked(stdSerializers.err(error)) },
}
