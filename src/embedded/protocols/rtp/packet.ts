/** RTP packets, RFC 3550 section 5.1. Numbers are as on the wire; payloads are views, never copies. */

export const RTP_HEADER_BYTES = 12

/** The fields of a packet. `readRtpHeader` fills one in place, so that the receiving path allocates nothing. */
export interface RtpHeader {
  marker: boolean
  payloadType: number
  sequence: number
  timestamp: number
  ssrc: number
  /** Where the payload lies in the datagram: CSRC list, header extension and padding taken off. */
  payloadStart: number
  payloadEnd: number
}

export interface RtpPacket {
  readonly marker: boolean
  readonly payloadType: number
  readonly sequence: number
  readonly timestamp: number
  readonly ssrc: number
  /** A view into the datagram. */
  readonly payload: Uint8Array
}

export function emptyRtpHeader(): RtpHeader {
  return { marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0, payloadStart: 0, payloadEnd: 0 }
}

/**
 * Reads the header of a datagram into `into`.
 * @returns false when it is not RTP (wrong version, RTCP packet type, lengths that do not fit); `into` is then undefined in content
 */
export function readRtpHeader(data: Uint8Array, into: RtpHeader): boolean {
  const length = data.length
  if (length < RTP_HEADER_BYTES) return false
  const first = data[0] ?? 0
  if (first >> 6 !== 2) return false
  const second = data[1] ?? 0
  // Payload types 72-76 with the marker bit are the RTCP types 200-204 (RFC 5761 section 4).
  if (second >= 200 && second <= 204) return false
  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4
  let end = length
  if (first & 0x10) {
    if (start + 4 > length) return false
    start += 4 + (((data[start + 2] ?? 0) << 8) | (data[start + 3] ?? 0)) * 4
  }
  if (first & 0x20) {
    const padding = data[length - 1] ?? 0
    if (padding === 0) return false
    end -= padding
  }
  if (start > end) return false
  into.marker = second >= 0x80
  into.payloadType = second & 0x7f
  into.sequence = ((data[2] ?? 0) << 8) | (data[3] ?? 0)
  into.timestamp = readUint32(data, 4)
  into.ssrc = readUint32(data, 8)
  into.payloadStart = start
  into.payloadEnd = end
  return true
}

/** One packet with its payload as a view; undefined when the datagram is not RTP. */
export function parseRtp(data: Uint8Array): RtpPacket | undefined {
  const header = emptyRtpHeader()
  if (!readRtpHeader(data, header)) return undefined
  const { marker, payloadType, sequence, timestamp, ssrc } = header
  return { marker, payloadType, sequence, timestamp, ssrc, payload: data.subarray(header.payloadStart, header.payloadEnd) }
}

/** Writes a 12-byte header (no CSRC, extension or padding) at the start of `into`. */
export function writeRtpHeader(
  into: Uint8Array,
  marker: boolean,
  payloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  into[0] = 0x80
  into[1] = (marker ? 0x80 : 0) | payloadType
  into[2] = sequence >> 8
  into[3] = sequence
  writeUint32(into, 4, timestamp)
  writeUint32(into, 8, ssrc)
}

/** A whole datagram. The payload is copied. */
export function buildRtp(packet: RtpPacket): Buffer {
  const data = Buffer.allocUnsafe(RTP_HEADER_BYTES + packet.payload.length)
  writeRtpHeader(data, packet.marker, packet.payloadType, packet.sequence, packet.timestamp, packet.ssrc)
  data.set(packet.payload, RTP_HEADER_BYTES)
  return data
}

/** How far `a` is ahead of `b` on the 16-bit circle: -32768 to 32767 (RFC 1982). */
export function sequenceDistance(a: number, b: number): number {
  return ((a - b) << 16) >> 16
}

/** How far `a` is ahead of `b` on the 32-bit circle, in timestamp units. */
export function timestampDistance(a: number, b: number): number {
  return (a - b) | 0
}

export function readUint32(data: Uint8Array, at: number): number {
  return (((data[at] ?? 0) << 24) | ((data[at + 1] ?? 0) << 16) | ((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0)) >>> 0
}

export function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24
  into[at + 1] = value >>> 16
  into[at + 2] = value >>> 8
  into[at + 3] = value
}
