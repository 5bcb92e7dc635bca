import type { AlarmName } from './alarm-list.js'

/** Whose an alarm is, so that those who look after a part of the service see it: a line's, an organisation's, a clinician's, or that of a telephone by the name under which it is rung. */
export type AlarmAbout =
  { readonly line: string } | { readonly organisation: string } | { readonly clinician: string } | { readonly telephone: string }

/**
 * What an operator has to see to, apart from any one call: the store cannot write, the disk is full, a recording could not be finished.
 * Which there are, how urgent each is and what to do about it stands in `alarm-list.ts`; one stays up until it is cleared.
 */
export interface Alarms {
  /**
   * Raising an alarm that is up already counts once more and replaces its detail. Never throws.
   * @param about whose it is; none: of the service as a whole
   */
  raise(alarm: AlarmName, detail: string, about?: readonly AlarmAbout[]): void
  /** Harmless when it is not up. */
  clear(alarm: AlarmName): void
}
