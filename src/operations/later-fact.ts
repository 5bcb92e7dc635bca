import type { Actor } from '../facts/actor.js'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { CallFact } from '../facts/events.js'
import type { Store } from '../store/store.js'
import { asked, done, refused, type Result } from './result.js'

export interface LaterFactParts {
  readonly store: Pick<Store, 'events' | 'log'>
}

/** The call to add a fact to. */
export async function callNamed({ store }: LaterFactParts, call: string): Promise<Result<CallRecord, 'callNotFound' | 'storeUnavailable'>> {
  const events = await asked(store.events(call))
  if (events.kind === 'refused') return events
  const record = callRecord(events.value)
  return record ? done(record) : refused('callNotFound', `There is no call ${call}.`)
}

/** Adds a fact to a call at any later time. On disk when it resolves; a fact held in memory until the disk is back does not count. @param what it is, for the refusal */
export async function say(
  { store }: LaterFactParts,
  callId: string,
  fact: CallFact,
  actor: Actor,
  what: string,
): Promise<Result<undefined, 'storeUnavailable'>> {
  if (await store.log.append(callId, fact, actor)) return done(undefined)
  return refused(
    'storeUnavailable',
    `${what} is not on disk yet: the store cannot write at the moment. It is kept in memory and written as soon as that is possible.`,
  )
}
