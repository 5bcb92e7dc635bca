import { timestampDistance } from './packet.js'

/** Key presses as RTP payload, RFC 4733 (audio/telephone-event). Durations are in timestamp units of 1/8000 s. */

export const DTMF_DIGITS = '0123456789*#ABCD'

export interface TelephoneEvent {
  /** 0-15 are the keys, in the order of `DTMF_DIGITS`; others are not keys. */
  readonly event: number
  readonly end: boolean
  /** Level in -dBm0, 0-63. */
  readonly volume: number
  readonly duration: number
}

/** Reads the four bytes of a payload; undefined when it is too short. */
export function parseTelephoneEvent(payload: Uint8Array, at = 0, end = payload.length): TelephoneEvent | undefined {
  if (end - at < 4) return undefined
  const second = payload[at + 1] ?? 0
  return {
    event: payload[at] ?? 0,
    end: (second & 0x80) !== 0,
    volume: second & 0x3f,
    duration: ((payload[at + 2] ?? 0) << 8) | (payload[at + 3] ?? 0),
  }
}

export function writeTelephoneEvent(into: Uint8Array, at: number, event: TelephoneEvent): void {
  into[at] = event.event
  into[at + 1] = (event.end ? 0x80 : 0) | event.volume
  into[at + 2] = event.duration >> 8
  into[at + 3] = event.duration
}

/** One packet that the sender wants out. All packets of one key carry the RTP timestamp of its start. */
export interface TelephoneEventPacket extends TelephoneEvent {
  /** First packet of the event: goes into the RTP marker bit. */
  readonly marker: boolean
  /** Nothing follows. */
  readonly last: boolean
}

/** Copies of the final packet, so that the loss of two does no harm (RFC 4733 section 2.5.1.4). */
const END_COPIES = 3
const MAX_DURATION = 0xffff

/** Makes the packets of one key press: one every packet time while it lasts, the last of them three times. */
export class TelephoneEventSender {
  readonly #event: number
  readonly #total: number
  readonly #step: number
  readonly #volume: number
  #elapsed = 0
  #endsSent = 0
  #started = false

  /** @throws TypeError when `digit` is not one of `0-9 * # A-D`. Durations over 8 s are cut to that: one segment is all that a key needs. */
  constructor(digit: string, options: { readonly durationMs?: number; readonly packetMs?: number; readonly volume?: number } = {}) {
    this.#event = digit.length === 1 ? DTMF_DIGITS.indexOf(digit.toUpperCase()) : -1
    if (this.#event < 0) throw new TypeError(`not a key: ${JSON.stringify(digit)}`)
    this.#step = (options.packetMs ?? 20) * 8
    this.#total = Math.max(this.#step, Math.min(MAX_DURATION, Math.round((options.durationMs ?? 100) * 8)))
    this.#volume = options.volume ?? 10
  }

  /** The next packet, to be called once every packet time; undefined when all are out. */
  next(): TelephoneEventPacket | undefined {
    if (this.#endsSent === END_COPIES) return undefined
    const marker = !this.#started
    this.#started = true
    this.#elapsed = Math.min(this.#total, this.#elapsed + this.#step)
    const end = this.#elapsed === this.#total && !marker
    if (end) this.#endsSent++
    return { event: this.#event, end, volume: this.#volume, duration: this.#elapsed, marker, last: this.#endsSent === END_COPIES }
  }
}

export interface ReceivedDigit {
  readonly digit: string
  /** Timestamp units. */
  readonly duration: number
  /** RTP timestamp of its start. */
  readonly timestamp: number
}

/** After this long without a packet of an event, its end packets were all lost, ms. */
const LOST_END_MS = 150
/** A timestamp further back than this is not a late packet but a sender with a new clock: 4 s. */
const LATE_LIMIT = 32_000
/** The final packet comes three times: the last may be this much later than the duration that all three give. 40 ms; no two presses are closer. */
const END_COPIES_SPAN = 320
/** Segments of a very long event follow each other without a gap (RFC 4733 section 2.5.1.3). */
export const SEGMENT_DURATION = 0xf000

/**
 * Finds the key presses in a stream of event packets, each reported once: at its first end packet, or when it is certain that no end
 * packet comes. Any packet of the event is enough to find it; a packet is told apart from a repetition by the RTP timestamp, since
 * the marker bit may be lost or missing.
 *
 * Some phones number each packet of a press like a packet of audio, with a timestamp of its own. Their presses are found by the
 * duration: one that goes on growing (or is said again at the end) within the time of the press before is that press.
 */
export class TelephoneEventReceiver {
  readonly #onDigit: (digit: ReceivedDigit) => void
  #event = -1
  #timestamp = 0
  #ssrc = 0
  #duration = 0
  /** Durations of the earlier segments of this event. */
  #earlier = 0
  #start = 0
  #open = false
  #seenAt = 0

  constructor(onDigit: (digit: ReceivedDigit) => void) {
    this.#onDigit = onDigit
  }

  /** A key is down, or its end has not been heard of. */
  get open(): boolean {
    return this.#open
  }

  /** @param now monotonic ms. @param segment units after which a sender goes on with another segment: fewer where it counts faster than these */
  packet(ssrc: number, timestamp: number, event: TelephoneEvent, now: number, segment = SEGMENT_DURATION): void {
    if (event.event >= DTMF_DIGITS.length) return
    if (this.#event >= 0 && ssrc === this.#ssrc) {
      const ahead = timestampDistance(timestamp, this.#timestamp)
      if (ahead < 0 && ahead > -LATE_LIMIT) return
      if (event.event === this.#event && this.#goesOn(ahead, event)) {
        this.#timestamp = timestamp
        this.#duration = Math.max(this.#duration, event.duration)
        this.#seenAt = now
        if (this.#open && event.end) this.#report()
        return
      }
      if (this.#open && event.event === this.#event && this.#duration >= segment && ahead <= MAX_DURATION + 8000) {
        this.#earlier += ahead
        this.#timestamp = timestamp
        this.#duration = event.duration
        this.#seenAt = now
        if (event.end) this.#report()
        return
      }
    }
    if (this.#open) this.#report()
    this.#event = event.event
    this.#ssrc = ssrc
    this.#timestamp = timestamp
    this.#start = timestamp
    this.#duration = event.duration
    this.#earlier = 0
    this.#seenAt = now
    this.#open = true
    if (event.end) this.#report()
  }

  /** Reports a key whose end packets were all lost. To be called now and then (every 20 to 100 ms) while `open`. */
  poll(now: number): void {
    if (this.#open && now - this.#seenAt >= LOST_END_MS) this.#report()
  }

  /** Whether a packet of the same key, so far ahead of the last one, belongs to the same press. */
  #goesOn(ahead: number, event: TelephoneEvent): boolean {
    if (ahead === 0) return true
    const grown = event.duration - this.#duration
    // A press that began after this one begins after its end, and small.
    const restarts = this.#open ? grown < 0 : grown <= 0 && !event.end
    return !restarts && (ahead <= this.#duration || (ahead >= grown && ahead <= grown + END_COPIES_SPAN))
  }

  #report(): void {
    this.#open = false
    this.#onDigit({ digit: DTMF_DIGITS.charAt(this.#event), duration: this.#earlier + this.#duration, timestamp: this.#start })
  }
}
