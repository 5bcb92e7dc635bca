import { msBetween, type Moment } from '../facts/call-time.js'
import type { CallEvent } from '../facts/events.js'

/** What is spent is added up by quarters of an hour (of the wall clock): every day of every time zone begins with one. */
export const quarterMs = 15 * 60_000

/** An outgoing leg through a trunk that is over. */
export interface Spent {
  /** Whose allowance it counts against. */
  readonly account: string
  /** The quarter of an hour in which it was answered: wall-clock ms divided by `quarterMs`. */
  readonly quarter: number
  /** How long it lasted. */
  readonly ms: number
}

/** Follows one call: tells of each outgoing leg to a telephone number how long it lasted, once it is over. Fed with the facts of the call in their order. */
export class LegsOfCall {
  /** Attempts to telephone numbers: whose account. */
  readonly #accounts = new Map<string, string>()
  /** Answered legs that run. */
  readonly #running = new Map<string, { readonly account: string; readonly answered: Moment }>()

  apply(event: CallEvent): readonly Spent[] {
    switch (event.type) {
      case 'attempt.started':
        // Addresses and registered telephones cost nothing.
        if (event.target.startsWith('+') && event.account !== undefined) this.#accounts.set(event.attempt, event.account)
        return []
      case 'attempt.answered': {
        const account = this.#accounts.get(event.attempt)
        if (account !== undefined) this.#running.set(event.legId, { account, answered: event })
        return []
      }
      case 'leg.ended':
        return this.#end(event.legId, event)
      case 'call.ended':
        return [...this.#running.keys()].flatMap((legId) => this.#end(legId, event))
      default:
        return []
    }
  }

  #end(legId: string, ended: Moment): readonly Spent[] {
    const leg = this.#running.get(legId)
    if (!leg) return []
    this.#running.delete(legId)
    return [{ account: leg.account, quarter: Math.floor(leg.answered.at / quarterMs), ms: msBetween(leg.answered, ended) }]
  }
}
