import { sequenceDistance, timestampDistance } from '../protocols/rtp/packet.js'

/** A jump of the source's sequence numbers that is a new start rather than loss. */
const SOURCE_RESTART = 500
/** How late a relayed packet may come and still be in its place. */
const REORDER_WINDOW = 100

/**
 * Numbers the packets that go to one party, so that whatever it hears (prompts, ringing, key tones, first one peer, then another) is
 * ONE stream to its phone: one SSRC, no jump in sequence numbers that is not loss, timestamps that advance with time and never go back.
 *
 * Positions are samples (8 kHz) on the engine's monotonic clock.
 */
export class OutboundStream {
  readonly ssrc: number
  /** Number of the packet that `own` or `relay` has just placed. */
  sequence = 0
  /** In samples; on the wire it is `rtpTimestamp`. */
  timestamp = 0
  marker = false
  /** Timestamp units a sample on the wire, of what was placed last. */
  ticks = 1

  // The last change of the clock on the wire: both timestamps are known there.
  #turnedAt = 0
  #turnedTo = 0

  readonly #base: number
  #nextSequence: number
  #nextTimestamp = 0
  /** Something was skipped, or another source was heard: our next own packet must not lag behind the clock. */
  #skipped = true
  #started = false
  #afterRelay = false
  // The relayed source in force; `#source` undefined: the next relayed packet starts a new mapping.
  #source: object | undefined
  #sourceSsrc = 0
  #sourceGeneration = 0
  #sequenceOffset = 0
  #timestampOffset = 0
  #lastSourceSequence = 0
  #firstSourceSequence = 0

  /** @param random 32-bit random numbers (RFC 3550 section 5.1 wants SSRC, first sequence number and first timestamp unpredictable) */
  constructor(random: () => number) {
    this.ssrc = random() >>> 0
    this.#nextSequence = random() & 0xffff
    this.#base = random() >>> 0
  }

  /** How far the stream is ahead of the clock, samples; negative: behind. */
  lead(position: number): number {
    return this.#started ? timestampDistance(this.#nextTimestamp, this.timestampAt(position)) : 0
  }

  timestampAt(position: number): number {
    return (this.#base + Math.floor(position)) >>> 0
  }

  /** The timestamp on the wire of the packet that was just placed. */
  get rtpTimestamp(): number {
    return this.#onWire(this.timestamp)
  }

  rtpTimestampAt(position: number): number {
    return this.#onWire(this.timestampAt(position))
  }

  #onWire(timestamp: number): number {
    return (this.#turnedTo + timestampDistance(timestamp, this.#turnedAt) * this.ticks) >>> 0
  }

  /** Another codec, with another clock, from this timestamp on: on the wire it goes on from where it was, by the time that passes (RFC 7160 section 4.2). */
  #turn(ticks: number, timestamp: number): void {
    if (ticks === this.ticks) return
    this.#turnedTo = this.#onWire(timestamp)
    this.#turnedAt = timestamp
    this.ticks = ticks
  }

  /** The place, on the clock, of the packet that was just placed. */
  placedAt(position: number): number {
    return position + timestampDistance(this.timestamp, this.timestampAt(position))
  }

  /** A frame's time passes without a packet: the next one catches up with the clock. */
  skip(): void {
    this.#skipped = true
  }

  /**
   * Places a packet that we make ourselves: right after the one before, however late it comes, unless there was a pause. `startsTalk`: the first
   * of a play, which a receiver may use to settle its buffer again.
   */
  own(position: number, samples: number, startsTalk: boolean): void {
    const paused = this.#catchUp(position)
    this.marker = paused || startsTalk || this.#afterRelay
    this.#afterRelay = false
    this.#source = undefined
    this.sequence = this.#nextSequence
    this.timestamp = this.#nextTimestamp
    this.#turn(1, this.timestamp)
    this.#nextSequence = (this.#nextSequence + 1) & 0xffff
    this.#nextTimestamp = (this.#nextTimestamp + samples) >>> 0
  }

  /** Starts a telephone event: its packets share one timestamp. `eventPacket` places each of them. */
  beginEvent(position: number): number {
    this.#catchUp(position)
    this.#source = undefined
    this.#afterRelay = false
    return this.#nextTimestamp
  }

  /** @param start what `beginEvent` gave. @param samples time that passes with this packet */
  eventPacket(start: number, marker: boolean, samples: number): void {
    this.marker = marker
    this.sequence = this.#nextSequence
    this.timestamp = start
    this.#turn(1, start)
    this.#nextSequence = (this.#nextSequence + 1) & 0xffff
    this.#nextTimestamp = (this.#nextTimestamp + samples) >>> 0
  }

  /**
   * Places a packet of another party's stream. Gaps and order of the source are kept, so that the receiver sees loss as loss.
   * @param source identity of the sending channel. @param generation changes when the source's positions were anchored again
   * @param samples duration; 0 for a telephone event. @param ticks timestamp units a sample, of its codec
   * @returns false when it must be dropped: it belongs before packets sent since
   */
  relay(
    source: object,
    ssrc: number,
    generation: number,
    sequence: number,
    position: number,
    samples: number,
    marker: boolean,
    ticks = 1,
  ): boolean {
    const known = source === this.#source && ssrc === this.#sourceSsrc && generation === this.#sourceGeneration
    const ahead = known ? sequenceDistance(sequence, this.#lastSourceSequence) : 0
    if (!known || ahead > SOURCE_RESTART || ahead < -SOURCE_RESTART) {
      this.#source = source
      this.#sourceSsrc = ssrc
      this.#sourceGeneration = generation
      this.#sequenceOffset = this.#nextSequence - sequence
      this.#firstSourceSequence = sequence
      this.#lastSourceSequence = sequence
      const overlap = this.lead(position)
      this.#timestampOffset = overlap > 0 ? overlap : 0
      this.#started = true
      this.#afterRelay = true
      this.#skipped = true
      marker = true
      this.#nextTimestamp = this.timestampAt(position + this.#timestampOffset)
    } else {
      if (sequenceDistance(sequence, this.#firstSourceSequence) < 0) return false
      if (ahead > 0) {
        this.#lastSourceSequence = sequence
        if (sequenceDistance(sequence, this.#firstSourceSequence) > REORDER_WINDOW)
          this.#firstSourceSequence = (sequence - REORDER_WINDOW) & 0xffff
      }
    }
    this.marker = marker
    this.sequence = (sequence + this.#sequenceOffset) & 0xffff
    this.timestamp = this.timestampAt(position + this.#timestampOffset)
    this.#turn(ticks, this.timestamp)
    if (sequenceDistance(this.sequence, this.#nextSequence) >= 0) this.#nextSequence = (this.sequence + 1) & 0xffff
    const end = (this.timestamp + samples) >>> 0
    if (timestampDistance(end, this.#nextTimestamp) > 0) this.#nextTimestamp = end
    return true
  }

  /** After a pause brings the timestamp to now, unless the stream is ahead of the clock. @returns whether it jumped */
  #catchUp(position: number): boolean {
    const jumps = !this.#started || (this.#skipped && this.lead(position) < 0)
    this.#skipped = false
    if (jumps) this.#nextTimestamp = this.timestampAt(position)
    this.#started = true
    return jumps
  }
}
