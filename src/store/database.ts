import type { Db } from './statements.js'
import type { Result, Step } from './statement.js'

/** An open database behind Kysely. */
export interface OpenDatabase {
  readonly db: Db
  close(): Promise<void>
}

/** One that may be written to. Every commit is on the disk when it returns. */
export interface WritableDatabase extends OpenDatabase {
  /**
   * Runs statements in one transaction, sent in one go: all of them or none.
   * @returns the result of each, in order. Rejects with `StoreError`, code `CONFLICT`, where one did not change as many rows as it must
   */
  batch(steps: readonly Step[]): Promise<readonly Result[]>
  /** Where several engines write at once: a first statement of a batch that makes batches about the same thing wait for each other. */
  inTurn?(what: string): Step
  /** Where facts are kept by the month of their call: those of these calls are about to be copied. */
  expect?(callIds: readonly string[]): Promise<void>
  /** Where the database numbers entries of the ledger by a counter of its own: entries were copied with their numbers, and the next one follows them. */
  entriesCopied?(): Promise<void>
}

/** The connections of a store. A call never waits behind a report. */
export interface StoreDatabase {
  readonly writing: WritableDatabase
  /** For questions at the start and during calls: they see everything committed before. */
  readonly reading: Db
  /** For lists and reports, which may take long. */
  readonly reports: Db
  /** `reports`, where that is another server, which may lag behind the one that is written to. */
  readonly replica?: Db | undefined
  /** Several engines write to it: each closes only the calls that it left open itself. */
  readonly shared: boolean
  /** Of the ledger: every entry up to this number is committed, or never will be. 0: there is none. */
  settledEntries(): Promise<number>
  /** Makes partitions ahead of time, by one engine now and then. @param now wall-clock ms */
  upkeep?(now: number): Promise<void>
  /** May be called twice. */
  close(): Promise<void>
}
