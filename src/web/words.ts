import type { AttemptResult } from '../facts/events.js'

/** The result of an attempt, as pages say it. */
export const attemptResults: Readonly<Record<AttemptResult, string>> = {
  accepted: 'accepted',
  connected: 'answered',
  busy: 'engaged',
  declined: 'refused',
  unavailable: 'out of reach',
  badNumber: 'wrong number',
  noAnswer: 'no answer',
  notAccepted: 'did not accept',
  answeredThenHungUp: 'hung up',
  failed: 'failed',
  cancelled: 'called off',
}

const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' })

/** `2026-11` as `November 2026`. */
export function monthInWords(month: string): string {
  return monthName.format(Date.parse(`${month}-15T12:00:00Z`))
}
