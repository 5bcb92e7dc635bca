import type { Leg } from '../switch/port.js'

/** What a fact says of how a leg is found again. */
export function handleOf({ handle }: Leg): { readonly handle?: string } {
  return handle === '' ? {} : { handle }
}
