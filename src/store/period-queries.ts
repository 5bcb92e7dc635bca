import type { Kysely } from 'kysely'
import type { CallRecord } from '../facts/call-record.js'
import type { PastRinging } from './past-ringing.js'
import { questions } from './questions.js'
import type { Schema } from './schema.js'

/** Questions about a whole period, for those who look back: whole calls, and what became of ringing certain telephones. */
export class PeriodQueries {
  constructor(private readonly db: Kysely<Schema>) {}

  /** The calls on a line that arrived at or after `from` and before `to` (wall-clock ms), read off their facts, oldest first. */
  callsOfLine(line: string, from: number, to: number): Promise<readonly CallRecord[]> {
    return questions.callsOfLine.ask(this.db, line, from, to)
  }

  /** Every ringing of these telephones (as the facts name them) that began in the period and is over, on any line, oldest first. */
  ringings(targets: readonly string[], from: number, to: number): Promise<readonly PastRinging[]> {
    return questions.ringings.ask(this.db, targets, from, to)
  }
}
