import { rootMeanSquare, toneShare } from '../protocols/rtp/goertzel.js'
import { FRAME_SAMPLES } from './voice.js'

/** The last second is kept, for telling what was heard instead. */
const KEPT_SAMPLES = 8000
/** Quieter than this is silence: about -43 dBm0, above the noise of G.711. */
const SILENCE_RMS = 120

/** A listener: called for every 20 ms heard. */
export type FrameListener = (frame: Int16Array, at: number) => void

/** The tones asked for: one frequency, or several that sound together (ringing tone: 400 and 450 Hz). */
export type Frequencies = number | readonly number[]

/** Share (0..1) of the energy of a 20 ms frame at those frequencies. Frequencies that are multiples of 50 Hz are separated exactly. */
export function shareOf(frame: Int16Array, frequencies: Frequencies): number {
  if (typeof frequencies === 'number') return toneShare(frame, frequencies)
  return frequencies.reduce((sum, frequency) => sum + toneShare(frame, frequency), 0)
}

export function isLoud(frame: Int16Array): boolean {
  return rootMeanSquare(frame) >= SILENCE_RMS
}

/** What a phone hears, cut into frames of 20 ms. Costs next to nothing while no script listens. */
export class Ear {
  readonly #frame = new Int16Array(FRAME_SAMPLES)
  readonly #kept = new Int16Array(KEPT_SAMPLES)
  readonly #listeners = new Set<FrameListener>()
  #filled = 0
  #heard = 0
  /** Monotonic time of the last frame that was not silence. */
  lastLoudAt: number | undefined

  /** @returns stops listening */
  listen(listener: FrameListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @param at monotonic ms at which the samples arrived */
  push(samples: Int16Array, count: number, at: number): void {
    for (let index = 0; index < count; index++) {
      const sample = samples[index] ?? 0
      this.#kept[this.#heard++ % KEPT_SAMPLES] = sample
      this.#frame[this.#filled++] = sample
      if (this.#filled < FRAME_SAMPLES) continue
      this.#filled = 0
      if (isLoud(this.#frame)) this.lastLoudAt = at
      for (const listener of [...this.#listeners]) listener(this.#frame, at)
    }
  }

  /** What the last second held, in words: for the message of a test that failed. */
  describe(): string {
    if (this.#heard === 0) return 'nothing at all'
    const samples = this.#heard < KEPT_SAMPLES ? this.#kept.subarray(0, this.#heard) : this.#kept
    if (rootMeanSquare(samples) < SILENCE_RMS) return 'silence'
    let best = 0
    let bestShare = 0
    for (let frequency = 100; frequency < 3900; frequency += 10) {
      const share = toneShare(samples, frequency)
      if (share > bestShare) [best, bestShare] = [frequency, share]
    }
    return bestShare > 0.3 ? `mainly ${best} Hz (${Math.round(bestShare * 100)} % of the energy)` : 'sound without a clear tone'
  }
}
