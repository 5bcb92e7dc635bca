import {
  parseRtcp,
  buildGoodbye,
  buildReceiverReport,
  buildSenderReport,
  buildSourceDescription,
  type ReportBlock,
} from '../protocols/rtp/rtcp.js'
import type { Reception } from '../protocols/rtp/reception.js'

/** Mean time between reports (RFC 3550 section 6.2); each is drawn from half to one and a half of it. */
const INTERVAL_MS = 5000

/** What the reports tell of our own sending. */
export interface SentSoFar {
  readonly ssrc: number
  /** RTP timestamp of this moment. */
  readonly timestamp: number
  readonly packets: number
  readonly octets: number
}

/** The RTCP side of one channel: when to report, what to say, what the other side said. */
export class RtcpSession {
  readonly #cname: string
  readonly #random: () => number
  #dueAt = 0
  #lastSenderReport = 0
  #lastSenderReportAt = 0
  #packetsBefore = 0
  #reportsIn = 0

  /** @param cname random text, not a name: it would follow the person from call to call (RFC 7022) */
  constructor(cname: string, random: () => number) {
    this.#cname = cname
    this.#random = random
  }

  /** Reports that came. */
  get reportsIn(): number {
    return this.#reportsIn
  }

  /** Takes a datagram that came to the RTCP port; what is malformed is ignored. @param now monotonic ms */
  received(datagram: Uint8Array, now: number): void {
    for (const packet of parseRtcp(datagram) ?? []) {
      if (packet.kind === 'senderReport' || packet.kind === 'receiverReport') this.#reportsIn++
      if (packet.kind !== 'senderReport') continue
      this.#lastSenderReport = packet.sender.ntpMiddle
      this.#lastSenderReportAt = now
    }
  }

  /** A report to send now, or undefined when it is not time yet. Call it every half second or so. */
  due(now: number, sent: () => SentSoFar, reception: Reception): Buffer | undefined {
    if (this.#dueAt === 0) this.#dueAt = now + INTERVAL_MS * (0.25 + this.#share() / 2)
    if (now < this.#dueAt) return undefined
    this.#dueAt = now + INTERVAL_MS * (0.5 + this.#share())
    return this.#report(now, sent(), reception)
  }

  goodbye(now: number, sent: SentSoFar, reception: Reception): Buffer {
    return Buffer.concat([this.#report(now, sent, reception), buildGoodbye(sent.ssrc)])
  }

  #report(now: number, sent: SentSoFar, reception: Reception): Buffer {
    const heard = reception.report()
    const delay = this.#lastSenderReport === 0 ? 0 : Math.round(((now - this.#lastSenderReportAt) * 65536) / 1000)
    const reports: ReportBlock[] = heard ? [{ ...heard, lastSenderReport: this.#lastSenderReport, delaySinceLast: delay }] : []
    const description = buildSourceDescription(sent.ssrc, this.#cname)
    const active = sent.packets > this.#packetsBefore
    this.#packetsBefore = sent.packets
    const first = active
      ? buildSenderReport(
          sent.ssrc,
          { wallClockMs: Date.now(), timestamp: sent.timestamp, packets: sent.packets, octets: sent.octets },
          reports,
        )
      : buildReceiverReport(sent.ssrc, reports)
    return Buffer.concat([first, description])
  }

  #share(): number {
    return this.#random() / 0x1_0000_0000
  }
}
