import type { IncomingCall } from './port.js'

/** Who a call is from, before the flows see it: what the authenticator tells the guard. */
export type Admission =
  /** A telephone has proved itself, and is let in from any address, as the call given here, which names it. */
  | { readonly kind: 'device'; readonly call: IncomingCall }
  /** The call has been challenged or refused. */
  | { readonly kind: 'answered' }
  /** It does not claim to be a device: its address decides. */
  | { readonly kind: 'unknown' }
