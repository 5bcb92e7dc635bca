import type { Leg } from '../switch/port.js'
import type { CallContext, CallEnd } from './call-context.js'
import { sayAndRelease, sentence } from './saying.js'

/**
 * Where facts cannot be kept (the disk is full), nobody could be connected: acceptance has to be stored first. The caller hears so at once, instead of
 * waiting while one specialist after the other is rung in vain.
 * @returns how the call ended; undefined where it may go on
 */
export async function cannotConnect(call: CallContext, caller: Leg): Promise<CallEnd | undefined> {
  const why = call.cannotKeep()
  if (why === undefined) return undefined
  await sayAndRelease(call, caller, [sentence('technical-fault')])
  return { ending: 'engineFault', detail: `nobody could be connected: ${why}` }
}
