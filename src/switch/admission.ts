import type { IncomingCall } from './port.js'

/** Who a call is from, before the flows see it: what the authenticator tells the guard. */
export type Admission =
  /** A telephone has proved itself, and is let in from any address, as the call given here: it says so. */
  | { readonly kind: 'device'; readonly call: IncomingCall }
  /** The call has been challenged or refused. */
  | { readonly kind: 'answered' }
  /** It says nothing of being a device: its address decides. */
  | { readonly kind: 'unknown' }
