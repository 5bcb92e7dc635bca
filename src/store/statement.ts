/** A compiled query: its text, with a place for each of its parameters. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** One of several statements that are run in one transaction. */
export interface Step extends Statement {
  /** Rows that it has to change. Where it changes another number, another writer was there before: the whole transaction is rolled back, and `StoreError` says `CONFLICT`. */
  readonly mustChange?: number
}

export type Row = Readonly<Record<string, unknown>>

/** What came of a statement. */
export interface Result {
  readonly rows: readonly Row[]
  /** How many rows it inserted, changed or deleted. */
  readonly changed: number
}
