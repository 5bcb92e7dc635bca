import type { Reception } from '../protocols/rtp/reception.js'
import { RATE, type AgreedMedia } from './agreed-media.js'
import type { MediaSocket, SocketPeer } from './media-socket.js'
import type { OutboundRtp } from './outbound-rtp.js'
import { RtcpSession, type SentSoFar } from './rtcp-session.js'
import type { RemoteAddress, SourceLatch } from './source-latch.js'

/** A channel's RTCP: reports to the party, and what the party's reports say of reception. A BYE in one ends nothing (RFC 3550 section 6.6 leaves that to the signalling). */
export class RtcpReports {
  socket: MediaSocket
  readonly #session: RtcpSession
  readonly #outbound: OutboundRtp

  constructor(socket: MediaSocket, outbound: OutboundRtp, random: () => number) {
    this.socket = socket
    this.#outbound = outbound
    this.#session = new RtcpSession(random().toString(36) + random().toString(36), random)
  }

  /** Reports of the party. */
  get received(): number {
    return this.#session.reportsIn
  }

  /** Takes a datagram. @returns whether it came from the party */
  take(data: Buffer, from: SocketPeer, agreed: AgreedMedia, latch: SourceLatch, now: number): boolean {
    if (!latch.acceptsReport(from.address, from.port, agreed.rtcpPort)) return false
    this.#session.received(data, now)
    return true
  }

  /** Sends a report when it is time. To be called every half second or so. @param now monotonic ms */
  sendDue(agreed: AgreedMedia, remote: RemoteAddress, reception: Reception, now: number): void {
    const port = agreed.rtcpPortAt(remote)
    if (port === undefined) return
    const report = this.#session.due(now, () => this.#sent(now), reception)
    if (report) this.socket.send(report, port, remote.address)
  }

  /** The last report, with a BYE. */
  sendGoodbye(agreed: AgreedMedia, remote: RemoteAddress, reception: Reception, now: number): void {
    const port = agreed.rtcpPortAt(remote)
    if (port === undefined || this.#outbound.packets === 0) return
    this.socket.send(this.#session.goodbye(now, this.#sent(now), reception), port, remote.address)
  }

  #sent(now: number): SentSoFar {
    const { stream, packets, bytes } = this.#outbound
    return { ssrc: stream.ssrc, timestamp: stream.rtpTimestampAt(now * RATE), packets, octets: bytes }
  }
}
