import { emptyRtpHeader, readRtpHeader } from '../protocols/rtp/packet.js'
import { Reception } from '../protocols/rtp/reception.js'
import { parseTelephoneEvent, type TelephoneEvent } from '../protocols/rtp/telephone-event.js'
import { RATE, type AgreedMedia } from './agreed-media.js'
import { InboundTimeline } from './inbound-timeline.js'
import type { Law } from './law.js'
import type { SocketPeer } from './media-socket.js'
import { PartyStream } from './party-stream.js'
import { SourceLatch } from './source-latch.js'

/** Comfort noise (RFC 3389): taken as a sign of life, not as audio. */
const COMFORT_NOISE = 13

/** What a packet turned out to be: `dropped` is not the party's, `sign` is a sign of life and no more. */
export type Taken = 'dropped' | 'sign' | 'audio' | 'event'

/** The packet that is being taken, of any channel: filled by `take`, read by whoever called it, before the next packet comes. */
export const header = emptyRtpHeader()

/** Packets of the party: which of them are its own, what they are, and where on the engine's clock they belong. */
export class InboundRtp {
  readonly latch = new SourceLatch()
  readonly reception = new Reception()
  readonly timeline = new InboundTimeline()
  readonly #stream = new PartyStream()
  packets = 0
  bytes = 0
  /** Packets that were not the party's, or made no sense. */
  dropped = 0
  /** When the party's last packet came, monotonic ms. */
  heardAt = 0
  // Of the packet that `take` has just found to be audio or an event.
  law: Law | undefined
  event: TelephoneEvent | undefined
  position = 0

  /** A new description of the party: it may have begun a new stream. */
  restart(now: number): void {
    this.#stream.restart()
    this.heardAt = now
  }

  /** Takes a datagram; with `audio` and `event`, `header` and the fields above tell of it. @param now monotonic ms */
  take(data: Uint8Array, from: SocketPeer, agreed: AgreedMedia, now: number): Taken {
    if (!readRtpHeader(data, header)) return this.#drop()
    const law = agreed.lawOf(header.payloadType)
    const isEvent = law === undefined && agreed.takesEvents(header.payloadType)
    if ((law === undefined && !isEvent && header.payloadType !== COMFORT_NOISE) || !this.latch.accepts(from.address, from.port, now))
      return this.#drop()
    this.heardAt = now
    const arrival = now * RATE
    this.bytes += header.payloadEnd - header.payloadStart
    this.reception.packet(header.ssrc, header.sequence, isEvent ? this.reception.lastTimestamp : header.timestamp, arrival)
    this.packets++
    const known = this.#stream.packet(header.ssrc, header.sequence, now)
    if (isEvent && !known) {
      this.dropped++
      return 'sign'
    }
    if (!agreed.receives) return 'sign'
    if (law !== undefined) {
      this.law = law
      this.position = this.timeline.position(header.ssrc, header.timestamp, arrival, header.marker)
      return 'audio'
    }
    return isEvent ? this.#event(data, arrival) : 'sign'
  }

  #event(data: Uint8Array, arrival: number): Taken {
    const event = parseTelephoneEvent(data, header.payloadStart, header.payloadEnd)
    if (!event) {
      this.dropped++
      return 'sign'
    }
    this.event = event
    this.position = this.timeline.eventPosition(header.ssrc, header.timestamp, arrival)
    return 'event'
  }

  #drop(): Taken {
    this.dropped++
    return 'dropped'
  }
}
