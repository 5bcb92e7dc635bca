import type { CallDatabase } from './call-database.js'
import type { CallQueries } from './call-queries.js'
import type { LedgerTable } from './ledger.js'

/**
 * What is said between the engine's thread and a thread that owns a database connection. SQLite works synchronously and waits for
 * the disk; no call may wait with it.
 */
export interface DatabaseThreadData {
  readonly file: string
  /** `write`: the one thread that appends. `read`: questions, so that a long report never holds up an acceptance. */
  readonly role: 'write' | 'read'
}

/** The methods that can be asked for across the threads. */
export type DatabaseMethods = Pick<CallDatabase, 'append' | 'alive' | 'rebuild'> &
  Pick<CallQueries, 'events' | 'attemptEvents' | 'eventsOfCallsSince' | 'factsOf' | 'outcomesSince' | 'lastSeq' | 'calls' | 'unended' | 'aliveAt' | 'recording' | 'differing'> &
  Pick<LedgerTable, 'keepEntry' | 'entriesOf' | 'entriesAbout' | 'latestOf'>
export type DatabaseMethod = keyof DatabaseMethods

export type DatabaseRequest = { readonly id: number; readonly method: DatabaseMethod | 'open' | 'close'; readonly args: readonly unknown[] }

export type DatabaseReply = { readonly id: number; readonly ok: true; readonly value: unknown } | { readonly id: number; readonly ok: false; readonly why: string; readonly code: string | undefined }
