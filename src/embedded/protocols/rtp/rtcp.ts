import type { ReceptionReport } from './reception.js'
import { readUint32, writeUint32 } from './packet.js'

/** RTCP, RFC 3550 section 6: sender and receiver reports, source description (CNAME only), goodbye. */

/** A report block as it travels: `fractionLost` is 0..1 here, 8 bits on the wire. */
export interface ReportBlock extends ReceptionReport {
  /** Middle 32 bits of the NTP time of the last sender report received from this source; 0: none. */
  readonly lastSenderReport: number
  /** Since that report arrived, in 1/65536 s; 0: none. */
  readonly delaySinceLast: number
}

export interface SenderInfo {
  /** Wall clock, ms since the epoch (UTC), to about 1 ms. */
  readonly wallClockMs: number
  readonly timestamp: number
  readonly packets: number
  readonly octets: number
}

export type RtcpPacket =
  | {
      readonly kind: 'senderReport'
      readonly ssrc: number
      readonly sender: SenderInfo & { readonly ntpMiddle: number }
      readonly reports: readonly ReportBlock[]
    }
  | { readonly kind: 'receiverReport'; readonly ssrc: number; readonly reports: readonly ReportBlock[] }
  | { readonly kind: 'sourceDescription'; readonly chunks: readonly { readonly ssrc: number; readonly cname: string }[] }
  | { readonly kind: 'goodbye'; readonly ssrcs: readonly number[]; readonly reason: string }
  | { readonly kind: 'other'; readonly packetType: number }

const SENDER_REPORT = 200
const RECEIVER_REPORT = 201
const SOURCE_DESCRIPTION = 202
const GOODBYE = 203
const CNAME = 1
/** Seconds from the NTP era (1900) to the Unix epoch. */
const NTP_OFFSET = 2_208_988_800

function header(count: number, packetType: number, bytes: number): Buffer {
  const data = Buffer.alloc(bytes)
  data[0] = 0x80 | count
  data[1] = packetType
  data.writeUInt16BE(bytes / 4 - 1, 2)
  return data
}

function writeReports(data: Buffer, at: number, reports: readonly ReportBlock[]): void {
  for (const report of reports) {
    writeUint32(data, at, report.ssrc)
    writeUint32(
      data,
      at + 4,
      (Math.min(255, Math.floor(report.fractionLost * 256)) << 24) |
        (Math.max(-0x800000, Math.min(0x7fffff, report.cumulativeLost)) & 0xffffff),
    )
    writeUint32(data, at + 8, report.highestSequence)
    writeUint32(data, at + 12, report.jitter)
    writeUint32(data, at + 16, report.lastSenderReport)
    writeUint32(data, at + 20, report.delaySinceLast)
    at += 24
  }
}

export function buildSenderReport(ssrc: number, sender: SenderInfo, reports: readonly ReportBlock[] = []): Buffer {
  const data = header(reports.length, SENDER_REPORT, 28 + reports.length * 24)
  writeUint32(data, 4, ssrc)
  const seconds = Math.floor(sender.wallClockMs / 1000)
  writeUint32(data, 8, (seconds + NTP_OFFSET) >>> 0)
  writeUint32(data, 12, Math.floor(((sender.wallClockMs - seconds * 1000) / 1000) * 0x1_0000_0000) >>> 0)
  writeUint32(data, 16, sender.timestamp)
  writeUint32(data, 20, sender.packets)
  writeUint32(data, 24, sender.octets)
  writeReports(data, 28, reports)
  return data
}

export function buildReceiverReport(ssrc: number, reports: readonly ReportBlock[] = []): Buffer {
  const data = header(reports.length, RECEIVER_REPORT, 8 + reports.length * 24)
  writeUint32(data, 4, ssrc)
  writeReports(data, 8, reports)
  return data
}

/** One chunk with one CNAME (at most 255 bytes of UTF-8). */
export function buildSourceDescription(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname, 'utf8').subarray(0, 255)
  // The item list ends with at least one zero byte, and the chunk on a 32-bit boundary.
  const data = header(1, SOURCE_DESCRIPTION, Math.ceil((4 + 4 + 2 + name.length + 1) / 4) * 4)
  writeUint32(data, 4, ssrc)
  data[8] = CNAME
  data[9] = name.length
  name.copy(data, 10)
  return data
}

export function buildGoodbye(ssrc: number, reason = ''): Buffer {
  const text = Buffer.from(reason, 'utf8').subarray(0, 255)
  const data = header(1, GOODBYE, text.length === 0 ? 8 : Math.ceil((8 + 1 + text.length) / 4) * 4)
  writeUint32(data, 4, ssrc)
  if (text.length > 0) {
    data[8] = text.length
    text.copy(data, 9)
  }
  return data
}

function readReports(data: Buffer, at: number, count: number): ReportBlock[] | undefined {
  if (at + count * 24 > data.length) return undefined
  return Array.from({ length: count }, (_, index) => {
    const start = at + index * 24
    return {
      ssrc: readUint32(data, start),
      fractionLost: data.readUInt8(start + 4) / 256,
      cumulativeLost: data.readIntBE(start + 5, 3),
      highestSequence: readUint32(data, start + 8),
      jitter: readUint32(data, start + 12),
      lastSenderReport: readUint32(data, start + 16),
      delaySinceLast: readUint32(data, start + 20),
    }
  })
}

function readOne(data: Buffer, packetType: number, count: number): RtcpPacket | undefined {
  switch (packetType) {
    case SENDER_REPORT: {
      const reports = data.length >= 28 ? readReports(data, 28, count) : undefined
      if (!reports) return undefined
      const seconds = readUint32(data, 8)
      const fraction = readUint32(data, 12)
      const wallClockMs = (seconds - NTP_OFFSET) * 1000 + (fraction / 0x1_0000_0000) * 1000
      const ntpMiddle = (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0
      return {
        kind: 'senderReport',
        ssrc: readUint32(data, 4),
        sender: { wallClockMs, timestamp: readUint32(data, 16), packets: readUint32(data, 20), octets: readUint32(data, 24), ntpMiddle },
        reports,
      }
    }
    case RECEIVER_REPORT: {
      const reports = data.length >= 8 ? readReports(data, 8, count) : undefined
      return reports && { kind: 'receiverReport', ssrc: readUint32(data, 4), reports }
    }
    case SOURCE_DESCRIPTION: {
      const chunks: { ssrc: number; cname: string }[] = []
      let at = 4
      for (let chunk = 0; chunk < count; chunk++) {
        if (at + 4 > data.length) return undefined
        const ssrc = readUint32(data, at)
        at += 4
        let cname = ''
        while (at < data.length && data[at] !== 0) {
          const length = data[at + 1]
          if (length === undefined || at + 2 + length > data.length) return undefined
          if (data[at] === CNAME) cname = data.toString('utf8', at + 2, at + 2 + length)
          at += 2 + length
        }
        at = (at & ~3) + 4
        chunks.push({ ssrc, cname })
      }
      return { kind: 'sourceDescription', chunks }
    }
    case GOODBYE: {
      if (data.length < 4 + count * 4) return undefined
      const ssrcs = Array.from({ length: count }, (_, index) => readUint32(data, 4 + index * 4))
      const at = 4 + count * 4
      const reason = at < data.length ? data.toString('utf8', at + 1, Math.min(data.length, at + 1 + data.readUInt8(at))) : ''
      return { kind: 'goodbye', ssrcs, reason }
    }
    default:
      return { kind: 'other', packetType }
  }
}

/** Reads a compound packet. @returns undefined when any part of it is malformed (RFC 3550 appendix A.2: then all of it is dropped) */
export function parseRtcp(datagram: Uint8Array): RtcpPacket[] | undefined {
  const data = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.length)
  const packets: RtcpPacket[] = []
  let at = 0
  while (at < data.length) {
    if (at + 4 > data.length) return undefined
    const first = data.readUInt8(at)
    const end = at + (data.readUInt16BE(at + 2) + 1) * 4
    if (first >> 6 !== 2 || end > data.length) return undefined
    const packet = readOne(data.subarray(at, end), data.readUInt8(at + 1), first & 0x1f)
    if (!packet) return undefined
    packets.push(packet)
    at = end
  }
  return packets.length > 0 ? packets : undefined
}
