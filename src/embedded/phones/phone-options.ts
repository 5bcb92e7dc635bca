import type { AudioCodec } from '../protocols/sdp/offer-answer.js'
import type { Credentials } from '../protocols/sip/authenticator.js'
import type { Protocol } from '../protocols/sip/endpoint.js'
import type { TransportFaults } from '../protocols/sip/socket-transport.js'
import type { TimerValues } from '../protocols/sip/transaction-layer.js'
import type { KeyForm } from './phone-call.js'

export interface PhoneOptions {
  /** For messages and as display name. */
  readonly name: string
  /** User part of its address; default made of the name. */
  readonly user?: string
  /** Default 127.0.0.1, any free port. */
  readonly address?: string
  readonly port?: number
  /** The transport by which it calls, registers and is reachable. Default udp. */
  readonly protocol?: Protocol
  /** What it says during a call: a steady tone of this many hertz; 0 or absent: silence. */
  readonly toneHz?: number
  /** In order of preference; default PCMA, PCMU. */
  readonly codecs?: readonly AudioCodec[]
  /** Whether it offers RFC 4733 (default true). */
  readonly telephoneEvent?: boolean
  /** How it presses keys unless told otherwise; default rfc4733. */
  readonly keyForm?: KeyForm
  readonly auth?: Credentials
  /** INVITE without SDP: the offer comes from the other side. */
  readonly lateOffer?: boolean
  /** Whether it sends 180 by itself when it is called (default true). */
  readonly ringsByItself?: boolean
  readonly timers?: Partial<TimerValues>
  readonly faults?: TransportFaults
}
