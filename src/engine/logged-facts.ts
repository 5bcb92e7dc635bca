import type { Logger } from 'pino'
import type { CallEvent } from '../facts/events.js'

/** Fields that name a call, a recording or an engine, by which a line is found in other logs: they hold no telephone number. */
const names = new Set(['callId', 'sipCallId', 'attempt', 'recordingId', 'sha256', 'path', 'node', 'at'])

/** Has every fact logged at debug, without telephone numbers. @returns ends it */
export function logFacts(log: Logger, facts: { subscribe(listener: (fact: CallEvent) => void): () => void }): () => void {
  if (!log.isLevelEnabled('debug')) return () => undefined
  return facts.subscribe((fact) => log.debug({ fact: withoutNumbers(fact) }, fact.type))
}

/** A copy in which of everything that may be a telephone or NHS number (seven digits or more) the last two are left. */
export function withoutNumbers(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\+?\d(?:[ -]?\d){6,}/g, (number) => `•••${number.slice(-2)}`)
  if (Array.isArray(value)) return value.map(withoutNumbers)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, names.has(name) ? one : withoutNumbers(one)]))
  return value
}
