import type { Leg } from '../switch/port.js'
import type { CallContext, CallEnd } from './call-context.js'
import { sayAndRelease, sentence } from './saying.js'

/**
 * While facts cannot be stored (the disk is full) nobody can be connected: acceptance has to be on disk first. The caller hears so at once instead of
 * waiting while specialist after specialist is rung for nothing.
 * @returns how the call ended; undefined if it may go on
 */
export async function cannotConnect(call: CallContext, caller: Leg): Promise<CallEnd | undefined> {
  const why = call.cannotKeep()
  if (why === undefined) return undefined
  await sayAndRelease(call, caller, [sentence('technical-fault')])
  return { ending: 'engineFault', detail: `nobody could be connected: ${why}` }
}
