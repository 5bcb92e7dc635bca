import type { Logger } from 'pino'
import type { CallEvent } from '../facts/events.js'

/** Has every fact logged at debug. The log takes telephone numbers out (`logWithoutNumbers`). @returns ends it */
export function logFacts(log: Logger, facts: { subscribe(listener: (fact: CallEvent) => void): () => void }): () => void {
  if (!log.isLevelEnabled('debug')) return () => undefined
  return facts.subscribe((fact) => log.debug({ fact }, fact.type))
}
