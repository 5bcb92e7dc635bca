import { encodeG711, mapOctets } from '../protocols/rtp/g711.js'
import { RTP_HEADER_BYTES, writeRtpHeader } from '../protocols/rtp/packet.js'
import { writeTelephoneEvent, type TelephoneEvent, type TelephoneEventPacket } from '../protocols/rtp/telephone-event.js'
import { OPUS_TICKS, type AgreedMedia } from './agreed-media.js'
import { header } from './inbound-rtp.js'
import type { Law } from './law.js'
import type { MediaSocket } from './media-socket.js'
import { OutboundStream } from './outbound-stream.js'
import type { Recorders } from './recorders.js'
import type { RemoteAddress } from './source-latch.js'

/** Packets that may be on their way to the socket at the same time: a send may be carried out after the callback that asked for it. */
const SCRATCH_PACKETS = 4
const EVENT_BYTES = 4
/** The longest duration that an event can give. */
const LONGEST_EVENT = 0xffff

/** Packets to the party: all of them one RTP stream, whatever their source. */
export class OutboundRtp {
  readonly stream: OutboundStream
  packets = 0
  bytes = 0
  /** When a packet of the bridged peer was last sent on, monotonic ms. */
  relayedAt = -Infinity
  socket: MediaSocket
  readonly #recorders: Recorders
  readonly #loses: () => boolean
  #scratch: readonly Buffer[] = []
  #scratchNext = 0
  #eventStart = 0

  /** @param loses whether to lose the packet at hand, on purpose */
  constructor(socket: MediaSocket, random: () => number, recorders: Recorders, loses: () => boolean) {
    this.socket = socket
    this.stream = new OutboundStream(random)
    this.#recorders = recorders
    this.#loses = loses
  }

  /** A frame of audio of our own. @param position the engine's clock. @param startsTalk the first of a play */
  audio(agreed: AgreedMedia, to: RemoteAddress, position: number, frame: Int16Array, startsTalk: boolean): void {
    const { law, ptimeSamples } = agreed
    const packet = this.#ownPacket(ptimeSamples)
    this.stream.own(position, ptimeSamples, startsTalk)
    encodeG711(law.fromLinear, frame, 0, ptimeSamples, packet, RTP_HEADER_BYTES)
    this.#recorders.samples(1, this.stream.placedAt(position), frame, ptimeSamples)
    this.#send(packet, agreed.payloadType, to)
  }

  silence(agreed: AgreedMedia, to: RemoteAddress, position: number): void {
    const { law, ptimeSamples } = agreed
    const packet = this.#ownPacket(ptimeSamples)
    this.stream.own(position, ptimeSamples, false)
    packet.fill(law.silence, RTP_HEADER_BYTES)
    this.#recorders.silence(1, this.stream.placedAt(position), ptimeSamples)
    this.#send(packet, agreed.payloadType, to)
  }

  /** A packet of a key press of our own. */
  event(agreed: AgreedMedia, payloadType: number, to: RemoteAddress, position: number, event: TelephoneEventPacket): void {
    if (event.marker) this.#eventStart = this.stream.beginEvent(position)
    this.stream.eventPacket(this.#eventStart, event.marker, agreed.ptimeSamples)
    const packet = Buffer.alloc(RTP_HEADER_BYTES + EVENT_BYTES)
    writeTelephoneEvent(packet, RTP_HEADER_BYTES, event)
    this.#send(packet, payloadType, to)
  }

  /**
   * The peer's audio packet, which is in `header` and `data`; `data` is changed.
   * @param source the peer. @param generation of its timeline. @param now monotonic ms
   */
  relayAudio(
    agreed: AgreedMedia,
    to: RemoteAddress,
    source: object,
    generation: number,
    law: Law,
    data: Buffer,
    position: number,
    now: number,
  ): void {
    const { payloadStart, payloadEnd } = header
    const count = payloadEnd - payloadStart
    if (!this.stream.relay(source, header.ssrc, generation, header.sequence, position, count, header.marker)) return
    this.relayedAt = now
    this.#recorders.octets(1, position, law.toLinear, data, payloadStart, count)
    if (law !== agreed.law) mapOctets(law.toOther, data, payloadStart, payloadEnd)
    this.#send(withoutExtras(data), agreed.payloadType, to)
  }

  /**
   * The peer's packet of Opus, which is in `header` and `data`: unchanged to a party that has Opus, else decoded.
   * @param samples its length. @param decoded how many of them have been decoded, 0: none
   */
  relayOpus(
    agreed: AgreedMedia,
    to: RemoteAddress,
    source: object,
    generation: number,
    audio: { readonly samples: number; readonly decoded: number; readonly from: Int16Array },
    data: Buffer,
    position: number,
    now: number,
  ): void {
    const { opus, law } = agreed
    const { samples, decoded, from } = audio
    if (opus === undefined && decoded === 0) return
    const ticks = opus === undefined ? 1 : OPUS_TICKS
    if (!this.stream.relay(source, header.ssrc, generation, header.sequence, position, samples, header.marker, ticks)) return
    this.relayedAt = now
    if (decoded > 0) this.#recorders.samples(1, position, from, decoded)
    if (opus !== undefined) {
      this.#send(withoutExtras(data), opus.payloadType, to)
      return
    }
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + decoded)
    encodeG711(law.fromLinear, from, 0, decoded, packet, RTP_HEADER_BYTES)
    this.#send(packet, agreed.payloadType, to)
  }

  /** The same with a packet of a key press. @param event its content, in units of samples */
  relayEvent(
    as: { readonly payloadType: number; readonly ticks: number },
    to: RemoteAddress,
    source: object,
    generation: number,
    event: TelephoneEvent,
    data: Buffer,
    position: number,
    now: number,
  ): void {
    if (!this.stream.relay(source, header.ssrc, generation, header.sequence, position, 0, header.marker, as.ticks)) return
    this.relayedAt = now
    writeTelephoneEvent(data, header.payloadStart, { ...event, duration: Math.min(LONGEST_EVENT, Math.round(event.duration * as.ticks)) })
    this.#send(withoutExtras(data), as.payloadType, to)
  }

  #ownPacket(samples: number): Buffer {
    if (this.#scratch[0]?.length !== RTP_HEADER_BYTES + samples)
      this.#scratch = Array.from({ length: SCRATCH_PACKETS }, () => Buffer.alloc(RTP_HEADER_BYTES + samples))
    this.#scratchNext = (this.#scratchNext + 1) % SCRATCH_PACKETS
    // The index is below the length, so the packet is there.
    return this.#scratch[this.#scratchNext] as Buffer
  }

  /** Sends a packet whose payload is in place, with the numbers that `stream` has just given. */
  #send(packet: Buffer, payloadType: number, to: RemoteAddress): void {
    if (this.#loses()) return
    const { stream } = this
    writeRtpHeader(packet, stream.marker, payloadType, stream.sequence, stream.rtpTimestamp, stream.ssrc)
    this.packets++
    this.bytes += packet.length - RTP_HEADER_BYTES
    this.socket.send(packet, to.port, to.address)
  }
}

/** The packet in `header` with a plain 12-byte header and no padding: itself, unless it has contributors, an extension or padding. */
function withoutExtras(data: Buffer): Buffer {
  if (header.payloadStart === RTP_HEADER_BYTES && header.payloadEnd === data.length) return data
  const plain = Buffer.allocUnsafe(RTP_HEADER_BYTES + header.payloadEnd - header.payloadStart)
  data.copy(plain, RTP_HEADER_BYTES, header.payloadStart, header.payloadEnd)
  return plain
}
