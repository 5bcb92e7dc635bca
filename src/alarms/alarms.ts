import type { AlarmName } from './alarm-list.js'

/** The owner of an alarm, so that the people who look after that part see it: a line, an organisation, a clinician, or a telephone by the name it is rung under. */
export type AlarmAbout =
  { readonly line: string } | { readonly organisation: string } | { readonly clinician: string } | { readonly telephone: string }

/**
 * Faults for an operator, apart from any one call: the store cannot write, the disk is full, a recording could not be finished.
 * `alarm-list.ts` lists them, with their urgency and what to do; one stays up until it is cleared.
 */
export interface Alarms {
  /**
   * Raising an alarm that is up already counts once more and replaces its detail. Never throws.
   * @param about its owner; none: the service as a whole
   */
  raise(alarm: AlarmName, detail: string, about?: readonly AlarmAbout[]): void
  /** Harmless when it is not up. */
  clear(alarm: AlarmName): void
}
