import { msBetween, type Moment } from '../calls/call-time.js'
import type { CallEvent } from '../calls/events.js'

/** The facts of which it is read how long outgoing calls lasted. */
export const spendingFacts = ['attempt.started', 'attempt.answered', 'leg.ended', 'call.ended'] as const

/**
 * How long each account has been on outgoing calls through trunks, by the facts since the beginning of the day.
 * @param events of the types above, in their order; a call that nobody has ended is over with its last event
 * @returns milliseconds by account
 */
export function spentToday(events: readonly CallEvent[]): ReadonlyMap<string, number> {
  const spent = new Map<string, number>()
  /** Attempts to telephone numbers by their id: whose account. */
  const accounts = new Map<string, string>()
  /** Answered legs by call. */
  const running = new Map<string, Map<string, { readonly account: string; readonly answered: Moment }>>()
  const last = new Map<string, Moment>()

  const end = (callId: string, legId: string, ended: Moment) => {
    const leg = running.get(callId)?.get(legId)
    if (!leg) return
    running.get(callId)?.delete(legId)
    spent.set(leg.account, (spent.get(leg.account) ?? 0) + msBetween(leg.answered, ended))
  }

  for (const event of events) {
    const { callId } = event
    last.set(callId, event)
    switch (event.type) {
      case 'attempt.started':
        // Addresses and registered telephones cost nothing.
        if (event.target.startsWith('+') && event.account !== undefined) accounts.set(event.attempt, event.account)
        break
      case 'attempt.answered': {
        const account = accounts.get(event.attempt)
        if (account === undefined) break
        const legs = running.get(callId) ?? new Map<string, { account: string; answered: Moment }>()
        running.set(callId, legs.set(event.legId, { account, answered: event }))
        break
      }
      case 'leg.ended':
        end(callId, event.legId, event)
        break
      case 'call.ended':
        for (const legId of [...(running.get(callId)?.keys() ?? [])]) end(callId, legId, event)
        break
      default:
    }
  }
  for (const [callId, legs] of running) {
    const ended = last.get(callId)
    if (ended) for (const legId of [...legs.keys()]) end(callId, legId, ended)
  }
  return spent
}
