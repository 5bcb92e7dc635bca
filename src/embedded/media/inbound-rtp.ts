import { emptyRtpHeader, readRtpHeader } from '../protocols/rtp/packet.js'
import { opusSamples } from '../protocols/rtp/opus-packet.js'
import { Reception } from '../protocols/rtp/reception.js'
import { parseTelephoneEvent, type TelephoneEvent } from '../protocols/rtp/telephone-event.js'
import { G711_TICKS, OPUS_TICKS, RATE, type AgreedMedia } from './agreed-media.js'
import { InboundTimeline } from './inbound-timeline.js'
import type { Law } from './law.js'
import type { SocketPeer } from './media-socket.js'
import { PartyStream } from './party-stream.js'
import { SourceLatch } from './source-latch.js'

/** Comfort noise (RFC 3389): taken as a sign of life, not as audio. */
const COMFORT_NOISE = 13

/** The kind of a packet: `dropped` is not the party's, `sign` is only a sign of life, `audio` is G.711. */
export type Taken = 'dropped' | 'sign' | 'audio' | 'opus' | 'event'

/** The packet being taken, of any channel: filled by `take`, read by its caller before the next packet comes. */
export const header = emptyRtpHeader()

/** Packets of the party: which of them are its own, what they are, and where on the engine's clock they belong. */
export class InboundRtp {
  readonly latch = new SourceLatch()
  readonly reception = new Reception()
  readonly timeline = new InboundTimeline()
  readonly #stream = new PartyStream()
  packets = 0
  bytes = 0
  /** Packets that were not the party's, or were malformed. */
  dropped = 0
  /** When the party's last packet came, monotonic ms. */
  heardAt = 0
  // Of the packet that `take` has just found to be audio or an event: `samples` of Opus, `ticks` of an event.
  law: Law | undefined
  samples = 0
  ticks = G711_TICKS
  event: TelephoneEvent | undefined
  position = 0

  /** A new description of the party: it may have begun a new stream. */
  restart(now: number): void {
    this.#stream.restart()
    this.heardAt = now
  }

  /** Takes a datagram; with `audio`, `opus` and `event`, `header` and the fields above tell of it. @param now monotonic ms */
  take(data: Uint8Array, from: SocketPeer, agreed: AgreedMedia, now: number): Taken {
    if (!readRtpHeader(data, header)) return this.#drop()
    const law = agreed.lawOf(header.payloadType)
    const isOpus = law === undefined && header.payloadType === agreed.opus?.payloadType
    const eventTicks = law === undefined && !isOpus ? agreed.eventTicks(header.payloadType) : undefined
    const isEvent = eventTicks !== undefined
    if (
      (law === undefined && !isOpus && !isEvent && header.payloadType !== COMFORT_NOISE) ||
      !this.latch.accepts(from.address, from.port, now)
    )
      return this.#drop()
    this.heardAt = now
    const arrival = now * RATE
    this.bytes += header.payloadEnd - header.payloadStart
    if (isOpus) this.reception.ticks = OPUS_TICKS
    else if (law !== undefined) this.reception.ticks = G711_TICKS
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
    if (isOpus) return this.#opus(data, arrival)
    return isEvent ? this.#event(data, arrival, eventTicks) : 'sign'
  }

  #opus(data: Uint8Array, arrival: number): Taken {
    const samples = opusSamples(data, header.payloadStart, header.payloadEnd)
    if (samples === undefined) {
      this.dropped++
      return 'sign'
    }
    this.samples = samples
    this.position = this.timeline.position(header.ssrc, header.timestamp, arrival, header.marker, OPUS_TICKS)
    return 'opus'
  }

  #event(data: Uint8Array, arrival: number, ticks: number): Taken {
    const event = parseTelephoneEvent(data, header.payloadStart, header.payloadEnd)
    if (!event) {
      this.dropped++
      return 'sign'
    }
    this.event = event
    this.ticks = ticks
    this.position = this.timeline.eventPosition(header.ssrc, header.timestamp, arrival, ticks)
    return 'event'
  }

  #drop(): Taken {
    this.dropped++
    return 'dropped'
  }
}
