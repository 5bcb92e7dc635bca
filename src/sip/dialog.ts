import type { NameAddr } from './name-addr.js'
import type { SipRequest, SipResponse } from './message.js'

/** State of a dialog: RFC 3261 12. */
export declare class Dialog {
  /** We sent the request that made it (12.1.2). */
  static ofClient(request: SipRequest, response: SipResponse): Dialog | undefined
  /** We answered the request that made it (12.1.1). `localTag` as in our response. */
  static ofServer(request: SipRequest, localTag: string, contact: string): Dialog | undefined
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  readonly local: NameAddr
  readonly remote: NameAddr
  readonly remoteTarget: string
  readonly routeSet: readonly string[]
  state: 'early' | 'confirmed' | 'terminated'
  /** A request inside the dialog, with the next CSeq: RFC 3261 12.2.1.1. No Via yet. */
  request(method: string): SipRequest
  /** The URI to resolve for the next hop: first Route or the remote target. */
  get nextHop(): string
}
