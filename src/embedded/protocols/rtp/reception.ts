import { sequenceDistance } from './packet.js'

/** A sequence jump of this many packets or more is a sender that started again, not loss (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000

/** The figures of an RTCP report block (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number
  /** Share lost since the last report, 0..1. */
  readonly fractionLost: number
  readonly cumulativeLost: number
  readonly highestSequence: number
  /** Timestamp units. */
  readonly jitter: number
}

/** Counts what one sender's packets tell: loss and jitter, RFC 3550 appendix A.1, A.3 and A.8. */
export class Reception {
  ssrc = 0
  received = 0
  /** Of the last packet: a telephone event, whose own timestamp stands still, is counted with it. */
  lastTimestamp = 0
  /** Timestamp units a sample (8 kHz) of the codec that is being received: 6 for Opus. */
  ticks = 1
  #base = -1
  #cycles = 0
  #highest = 0
  #counted = 0
  #jitter = 0
  #transit = 0
  #expectedBefore = 0
  #receivedBefore = 0
  /** Losses of senders (SSRCs) that this one replaced. */
  #lostBefore = 0

  /**
   * @param arrival in samples (8 kHz), from any fixed start
   * @returns how far this packet is ahead of the highest seen: 1 in order, 0 a duplicate, below 0 late, above 1 after a gap; 1 for the first
   */
  packet(ssrc: number, sequence: number, timestamp: number, arrival: number): number {
    this.received++
    this.lastTimestamp = timestamp
    const transit = (arrival * this.ticks - timestamp) | 0
    const ahead = this.#base === -1 || ssrc !== this.ssrc ? MAX_DROPOUT : sequenceDistance(sequence, this.#highest)
    if (ahead >= MAX_DROPOUT || ahead <= -MAX_DROPOUT) {
      this.#restart(ssrc, sequence, transit)
      return 1
    }
    this.#counted++
    if (ahead > 0) {
      if (sequence < this.#highest) this.#cycles += 0x10000
      this.#highest = sequence
    }
    const change = Math.abs((transit - this.#transit) | 0) / this.ticks
    this.#transit = transit
    // A change of a second or more is a timestamp jump (another talk spurt's clock), not jitter.
    if (change < 8000) this.#jitter += (change - this.#jitter) / 16
    return ahead
  }

  get lost(): number {
    return this.#lostBefore + Math.max(0, this.#expected - this.#counted)
  }

  /** Samples (8 kHz). */
  get jitter(): number {
    return this.#jitter
  }

  /** The report since the last call of this method; undefined while nothing was received. */
  report(): ReceptionReport | undefined {
    if (this.#base === -1) return undefined
    const expected = this.#expected
    const expectedNow = expected - this.#expectedBefore
    const lostNow = expectedNow - (this.#counted - this.#receivedBefore)
    this.#expectedBefore = expected
    this.#receivedBefore = this.#counted
    return {
      ssrc: this.ssrc,
      fractionLost: expectedNow > 0 && lostNow > 0 ? lostNow / expectedNow : 0,
      cumulativeLost: expected - this.#counted,
      highestSequence: (this.#cycles + this.#highest) >>> 0,
      jitter: Math.floor(this.#jitter * this.ticks),
    }
  }

  get #expected(): number {
    return this.#base === -1 ? 0 : this.#cycles + this.#highest - this.#base + 1
  }

  #restart(ssrc: number, sequence: number, transit: number): void {
    this.#lostBefore = this.lost
    this.ssrc = ssrc
    this.#base = sequence
    this.#highest = sequence
    this.#cycles = 0
    this.#counted = 1
    this.#jitter = 0
    this.#transit = transit
    this.#expectedBefore = 0
    this.#receivedBefore = 0
  }
}
