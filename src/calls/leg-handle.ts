import type { IncomingCall, Leg } from '../switch/port.js'

/** The handle in a fact, by which a leg is found again. */
export function handleOf({ handle }: Pick<Leg | IncomingCall, 'handle'>): { readonly handle?: string } {
  return handle === '' ? {} : { handle }
}
