import type { AlarmName } from './alarm-list.js'

/**
 * What an operator has to see to, apart from any one call: the store cannot write, the disk is full, a recording could not be finished.
 * Which there are, how urgent each is and what to do about it stands in `alarm-list.ts`; one stays up until it is cleared.
 */
export interface Alarms {
  /** Raising an alarm that is up already counts once more and replaces its detail. Never throws. */
  raise(alarm: AlarmName, detail: string): void
  /** Harmless when it is not up. */
  clear(alarm: AlarmName): void
}
