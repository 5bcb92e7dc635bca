import { GoertzelDtmf, type HeardTone } from '../protocols/rtp/goertzel-dtmf.js'
import { JitterBuffer } from '../protocols/rtp/jitter-buffer.js'

const longest = new Int16Array(480)

/** Detects DTMF tones in a party's RTP audio. Lost packets are skipped, so that a key with a gap in it stays one key. */
export class InbandListener {
  readonly #order = new JitterBuffer()
  readonly #detector: GoertzelDtmf

  constructor(onDigit: (tone: HeardTone) => void) {
    this.#detector = new GoertzelDtmf(onDigit)
  }

  /** Decoded audio, in order. */
  samples(samples: Int16Array, count: number): void {
    this.#detector.push(samples, 0, count)
  }

  packet(sequence: number, timestamp: number, table: Int16Array, data: Uint8Array, from: number, to: number): void {
    if (!this.#order.push(sequence, timestamp, data, from, to)) return
    this.#order.drain((frame) => {
      for (let index = 0; index < frame.data.length; index++) longest[index] = table[frame.data[index] ?? 0] ?? 0
      this.#detector.push(longest, 0, frame.data.length)
    })
  }
}
