import type { Logger } from 'pino'
import type { CallEvent } from '../facts/events.js'

/** Logs every fact at debug. The log masks telephone numbers (`logWithoutNumbers`). @returns ends it */
export function logFacts(log: Logger, facts: { subscribe(listener: (fact: CallEvent) => void): () => void }): () => void {
  if (!log.isLevelEnabled('debug')) return () => undefined
  return facts.subscribe((fact) => log.debug({ fact }, fact.type))
}
