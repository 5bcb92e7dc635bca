import { timestampDistance } from '../protocols/rtp/packet.js'

/** Packets after which the steady lateness is checked: about a second. */
const WINDOW_PACKETS = 50
/** All packets of a window late by more than this: the sender's clock is slow, or its timestamps stood still in a pause. 60 ms. */
const STEADILY_LATE = 480
/** ... or early by more than this: its clock is fast, or the packet that set the anchor was itself late. 40 ms. */
const STEADILY_EARLY = -320
/** A single packet this early is a timestamp jump. 200 ms. */
const JUMP_EARLY = -1600
/** A single packet this late is one too: no buffer waits that long. 500 ms. */
const JUMP_LATE = 4000
/** With the marker bit (a new talk spurt) less suffices. 60 ms. */
const TALK_LATE = 480

/**
 * Maps a sender's RTP timestamps to the engine's clock. The first packet anchors them at its arrival; from then on a packet's place
 * follows from its timestamp, not from its arrival, so that jitter, reordering and loss do not move anything. It is anchored
 * again when the sender's clock jumps or drifts away.
 */
export class InboundTimeline {
  /** Changes whenever positions are anchored again. */
  generation = 0
  #ssrc = 0
  #anchored = false
  #timestamp = 0
  #ticks = 1
  #position = 0
  #earliest = Infinity
  #packets = 0

  /**
   * Place (samples on the engine's clock) of an audio packet.
   * @param arrival the engine's clock now. @param ticks timestamp units a sample: a codec with another clock is anchored again
   */
  position(ssrc: number, timestamp: number, arrival: number, marker: boolean, ticks = 1): number {
    if (!this.#anchored || ssrc !== this.#ssrc || ticks !== this.#ticks) return this.#anchor(ssrc, timestamp, arrival, ticks)
    const position = this.#position + Math.round(timestampDistance(timestamp, this.#timestamp) / ticks)
    const late = arrival - position
    if (late < JUMP_EARLY || late > JUMP_LATE || (marker && late > TALK_LATE)) return this.#anchor(ssrc, timestamp, arrival, ticks)
    if (late < this.#earliest) this.#earliest = late
    // The anchor moves along, so that the 32-bit distance never wraps.
    this.#timestamp = timestamp
    this.#position = position
    if (++this.#packets >= WINDOW_PACKETS) {
      if (this.#earliest > STEADILY_LATE || this.#earliest < STEADILY_EARLY) {
        this.#position += Math.round(this.#earliest)
        this.generation++
      }
      this.#earliest = Infinity
      this.#packets = 0
    }
    // This packet's position is already of the new generation: a caller that maps positions begins a new mapping with the first packet of each.
    return this.#position
  }

  /** Place of a telephone event's start, whose packets come ever later after it: says nothing about the sender's clock. */
  eventPosition(ssrc: number, timestamp: number, arrival: number, ticks = 1): number {
    if (!this.#anchored || ssrc !== this.#ssrc || ticks !== this.#ticks) return this.#anchor(ssrc, timestamp, arrival, ticks)
    return this.#position + Math.round(timestampDistance(timestamp, this.#timestamp) / ticks)
  }

  #anchor(ssrc: number, timestamp: number, arrival: number, ticks: number): number {
    this.#anchored = true
    this.#ticks = ticks
    this.#ssrc = ssrc
    this.#timestamp = timestamp
    this.#position = Math.round(arrival)
    this.#earliest = Infinity
    this.#packets = 0
    this.generation++
    return this.#position
  }
}
