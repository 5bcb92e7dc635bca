/**
 * What an operator has to see to, apart from any one call: the store cannot write, the disk is full, a recording could not be finished.
 * An alarm has a short stable name (`store.cannotWrite`, `recordings.diskFull`); it stays up until it is cleared.
 */
export interface Alarms {
  /** Raising an alarm that is up already counts once more and replaces its detail. Never throws. */
  raise(alarm: string, detail: string): void
  /** Harmless when it is not up. */
  clear(alarm: string): void
}
