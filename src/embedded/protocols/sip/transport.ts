import type { Endpoint } from './endpoint.js'
import type { SipMessage } from './message.js'
import type { ParseProblem } from './parse.js'

/** A message as it came off the wire; the top Via of a request already carries `received` and `rport`. */
export interface ReceivedMessage {
  readonly message: SipMessage
  /** Where the packet or the connection came from. */
  readonly source: Endpoint
  /** Our own end that received it. */
  readonly local: Endpoint
}

/** What reaches the layer above a transport. */
export interface TransportUser {
  received(received: ReceivedMessage): void
  /** A message that no parser accepts. The transaction layer answers it with 400 where that can be done (`problem.request`). */
  malformed?(problem: ParseProblem, source: Endpoint, local: Endpoint): void
}

/** Sends and receives whole SIP messages: sockets in production (`SocketTransport`), a virtual link in tests. */
export interface Transport {
  /** The addresses listened on, with their real ports. */
  readonly listeners: readonly Endpoint[]
  /** Set once, by the layer on top. */
  user: TransportUser | undefined
  /**
   * Sends the bytes of one message. Over TCP an open connection to that endpoint is reused, else one is opened.
   * `failed` is called at most once, later, when the transport knows that the bytes did not leave (RFC 3261 18.4).
   */
  send(bytes: Buffer, to: Endpoint, failed?: (error: Error) => void): void
  /** Host and port by which `to` can reach us: for Via and Contact. */
  advertised(to: Endpoint): { readonly host: string; readonly port: number }
  /** Whether what is sent there arrives, once and in order, for as long as both ends live. Absent: nowhere. */
  lossless?(to: Endpoint): boolean
  /** Closes every socket. May be called twice. */
  close(): Promise<void>
}
