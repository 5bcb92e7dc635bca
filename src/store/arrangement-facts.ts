import { sql } from 'kysely'
import type { CallFactType } from '../facts/events.js'

/** The facts that link calls and arrangements: few, and queried without their calls. */
export const arrangementFacts = [
  'arrangement.taken',
  'call.placed',
  'callBack.requested',
  'code.refused',
] as const satisfies readonly CallFactType[]
export type ArrangementFactType = (typeof arrangementFacts)[number]

/**
 * The condition of the index over them, to the letter: a database uses such an index only for a query that repeats its condition
 * (sqlite.org, "Partial Indexes", section 3). A fact that is added here needs an index of another name.
 */
export const isArrangementFact = sql<boolean>`type in (${sql.join(arrangementFacts.map((type) => sql.lit(type)))})`
