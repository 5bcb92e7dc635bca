/**
 * One at a time, of all engines: between reading and writing no other engine changes the same thing. A turn ends with its engine. While the database is away turns are taken without asking: nothing can be written
 * then either, and what is written later holds its own condition.
 */
export interface Turns {
  /** Does `work` when it is this engine's turn. Rejects as `work` does, and when it is not its turn within some seconds. Not for `work` that takes the same turn again. */
  inTurn<T>(what: string, work: () => Promise<T>): Promise<T>
}
