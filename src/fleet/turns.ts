/**
 * One at a time, of all engines: between reading and writing no other engine changes the same thing. A turn ends with its engine. While the database is away turns are granted without asking: nothing can be written
 * then either, and later writes carry their own condition.
 */
export interface Turns {
  /** Does `work` when it is this engine's turn. Rejects as `work` does, and when it is not its turn within some seconds. Not for `work` that takes the same turn again. */
  inTurn<T>(what: string, work: () => Promise<T>): Promise<T>
}
