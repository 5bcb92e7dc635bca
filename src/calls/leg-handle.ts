import type { IncomingCall, Leg } from '../switch/port.js'

/** What a fact says of how a party is found again. */
export function handleOf({ handle }: Pick<Leg | IncomingCall, 'handle'>): { readonly handle?: string } {
  return handle === '' ? {} : { handle }
}
