import type { Endpoint } from '../endpoint.js'
import type { SipRequest, SipResponse } from '../message.js'
import { sameHost } from '../same-host.js'

/**
 * Which responses a client transaction takes, beside the branch that found it (RFC 3261 17.1.3). A response that does not come from where
 * the request went, or does not carry its Call-ID, tags and CSeq, is not an answer to it.
 *
 * Over UDP it comes from the very port that was called: our Via has `rport`, which asks for that (RFC 3581 4). Only a peer that has shown that
 * it sends from another port than it listens on may do so here; its first response decides which port that is. Over TCP the address is enough:
 * it cannot be forged, and a peer whose connection broke answers over a new one (RFC 3261 18.2.2).
 */
export class ResponseGate {
  #peerPort: number | undefined

  /**
   * @param destination where the request went: the next hop, be it the other party or a proxy
   * @param isAsymmetric whether what listens there is known to send from another port
   */
  constructor(
    readonly request: SipRequest,
    readonly destination: Endpoint,
    readonly isAsymmetric: (peer: Endpoint) => boolean,
  ) {}

  accepts(response: SipResponse, source: Endpoint): boolean {
    const { request, destination } = this
    if (source.protocol !== destination.protocol || !sameHost(source.address, destination.address)) return false
    if (
      source.protocol === 'udp' &&
      source.port !== (this.#peerPort ?? destination.port) &&
      (this.#peerPort !== undefined || !this.isAsymmetric(destination))
    )
      return false
    if (response.callId !== request.callId || response.fromTag !== request.fromTag || response.cseq.sequence !== request.cseq.sequence)
      return false
    // A request inside a dialog named the other side's tag; its answer carries the same.
    if (request.toTag !== undefined && response.toTag !== request.toTag) return false
    this.#peerPort ??= source.port
    return true
  }
}
