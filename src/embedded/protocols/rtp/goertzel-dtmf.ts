import { DTMF_GRID, DTMF_HIGH_HZ, DTMF_LOW_HZ } from './dtmf-tones.js'
import { amplitudeOf } from './level.js'

/**
 * DTMF heard in the audio itself (ITU-T Q.23, Q.24), at 8 kHz.
 *
 * Blocks of 102 samples, half overlapping, under a Hann window, go through eight Goertzel filters. A block is a hit when one low and one
 * high tone stand out, hold most of the block's energy, are of similar strength, and lie close to their nominal frequencies. The
 * frequency is read from how far the phase of a tone turned since the block before (unambiguous to +-78 Hz), which is far finer
 * than the 78 Hz resolution of a block: that is what accepts +-1.5 % and refuses +-3.5 %. Three hits in a row (25 ms) are a key.
 */
const BLOCK = 102
const HOP = BLOCK / 2
const RATE = 8000

/** Level below which a tone is line noise, dBm0. */
const MIN_TONE_DBM0 = -32
/** Share of a block's energy that the two tones must hold. */
const MIN_SHARE = 0.72
/** High over low tone, as a power ratio: at most 8 dB stronger, at most 10 dB weaker. */
const MAX_TWIST = 10 ** (8 / 10)
const MIN_TWIST = 10 ** (-10 / 10)
/** A tone of a group over the next one of its group: 1 dB (neighbours lie within one resolution step; the phase tells them apart). */
const MIN_LEAD = 10 ** (1 / 10)
/** Widest deviation of a frequency that is taken, as a share. */
const MAX_DETUNE = 0.025
/** Hits in a row that make a key, and misses in a row that end it. */
const HITS_TO_START = 3
const MISSES_TO_END = 3

const WINDOW = Float64Array.from({ length: BLOCK }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / BLOCK))
const WINDOW_SUM = WINDOW.reduce((sum, weight) => sum + weight, 0)
const WINDOW_ENERGY = WINDOW.reduce((sum, weight) => sum + weight * weight, 0)

const FREQUENCIES = [...DTMF_LOW_HZ, ...DTMF_HIGH_HZ]
const STEPS = Float64Array.from(FREQUENCIES, (frequency) => (2 * Math.PI * frequency) / RATE)
const COEFFICIENTS = STEPS.map((step) => 2 * Math.cos(step))
const COSINES = STEPS.map(Math.cos)
const SINES = STEPS.map(Math.sin)
/** |X|^2 of a tone of the lowest level. */
const MIN_POWER = ((amplitudeOf(MIN_TONE_DBM0) * WINDOW_SUM) / 2) ** 2

export interface HeardTone {
  readonly digit: string
  readonly durationMs: number
}

/** One stream of audio. A key is told when it ends: `durationMs` is exact to about 13 ms. */
export class GoertzelDtmf {
  readonly #onDigit: (tone: HeardTone) => void
  /** The last block's worth of samples; the second half is filled next. */
  readonly #samples = new Float64Array(BLOCK)
  #filled = HOP
  readonly #power = new Float64Array(8)
  readonly #phase = new Float64Array(8)
  readonly #phaseBefore = new Float64Array(8)
  /** Grid index of the block before, -1 for none; and how often in a row. */
  #candidate = -1
  #hits = 0
  #key = -1
  #keyHops = 0
  #misses = 0

  constructor(onDigit: (tone: HeardTone) => void) {
    this.#onDigit = onDigit
  }

  /** Linear samples at 8 kHz, in any portion. */
  push(samples: ArrayLike<number>, from = 0, count = samples.length - from): void {
    for (let index = from; index < from + count; index++) {
      this.#samples[this.#filled++] = samples[index] ?? 0
      if (this.#filled === BLOCK) {
        this.#judge(this.#analyse())
        this.#samples.copyWithin(0, HOP)
        this.#filled = HOP
      }
    }
  }

  /** Tells a key that is still sounding when the audio ends. */
  flush(): void {
    this.#end()
  }

  /** @returns the grid index of the key in this block, -1 for none */
  #analyse(): number {
    let energy = 0
    const windowed = scratch
    for (let index = 0; index < BLOCK; index++) {
      const value = (this.#samples[index] ?? 0) * (WINDOW[index] ?? 0)
      windowed[index] = value
      energy += value * value
    }
    this.#phaseBefore.set(this.#phase)
    if (energy < MIN_POWER / BLOCK) return -1
    for (let tone = 0; tone < 8; tone++) this.#filter(tone, windowed)
    const low = this.#strongest(0)
    const high = this.#strongest(4)
    const lowPower = this.#power[low] ?? 0
    const highPower = this.#power[high] ?? 0
    if (lowPower < MIN_POWER || highPower < MIN_POWER) return -1
    if (highPower > lowPower * MAX_TWIST || highPower < lowPower * MIN_TWIST) return -1
    const share = ((2 * (lowPower + highPower)) / (WINDOW_SUM * WINDOW_SUM)) * (WINDOW_ENERGY / energy)
    if (share < MIN_SHARE) return -1
    if (!this.#leads(low, 0) || !this.#leads(high, 4)) return -1
    if (!this.#onFrequency(low) || !this.#onFrequency(high)) return -1
    return low * 4 + (high - 4)
  }

  #filter(tone: number, windowed: Float64Array): void {
    const coefficient = COEFFICIENTS[tone] ?? 0
    let s1 = 0
    let s2 = 0
    for (let index = 0; index < BLOCK; index++) {
      const s0 = (windowed[index] ?? 0) + coefficient * s1 - s2
      s2 = s1
      s1 = s0
    }
    const real = s1 - s2 * (COSINES[tone] ?? 0)
    const imaginary = s2 * (SINES[tone] ?? 0)
    this.#power[tone] = real * real + imaginary * imaginary
    this.#phase[tone] = Math.atan2(imaginary, real)
  }

  #strongest(first: number): number {
    let best = first
    for (let tone = first + 1; tone < first + 4; tone++) if ((this.#power[tone] ?? 0) > (this.#power[best] ?? 0)) best = tone
    return best
  }

  #leads(tone: number, first: number): boolean {
    const power = this.#power[tone] ?? 0
    for (let other = first; other < first + 4; other++) if (other !== tone && power < (this.#power[other] ?? 0) * MIN_LEAD) return false
    return true
  }

  /** Whether the tone's phase turned since the block before as its nominal frequency would have it, within the limit. */
  #onFrequency(tone: number): boolean {
    const turned = (this.#phase[tone] ?? 0) - (this.#phaseBefore[tone] ?? 0) - (STEPS[tone] ?? 0) * HOP
    const wrapped = turned - 2 * Math.PI * Math.round(turned / (2 * Math.PI))
    const offsetHz = (wrapped / HOP) * (RATE / (2 * Math.PI))
    return Math.abs(offsetHz) <= (FREQUENCIES[tone] ?? 0) * MAX_DETUNE
  }

  #judge(found: number): void {
    if (found >= 0 && found === this.#candidate) this.#hits++
    else this.#hits = found >= 0 ? 1 : 0
    this.#candidate = found
    if (this.#key >= 0) {
      this.#keyHops++
      if (found === this.#key) this.#misses = 0
      else if (++this.#misses >= MISSES_TO_END || (this.#hits >= HITS_TO_START && found !== this.#key)) this.#end()
    }
    if (this.#key < 0 && this.#hits >= HITS_TO_START) {
      this.#key = found
      this.#keyHops = this.#hits
      this.#misses = 0
    }
  }

  #end(): void {
    if (this.#key < 0) return
    const digit = DTMF_GRID.charAt(this.#key)
    const durationMs = Math.round(((this.#keyHops - this.#misses + 1) * HOP * 1000) / RATE)
    this.#key = -1
    this.#misses = 0
    this.#onDigit({ digit, durationMs })
  }
}

/** Filled and read within one call of `#analyse`, which nothing can interrupt. */
const scratch = new Float64Array(BLOCK)
