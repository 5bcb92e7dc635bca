/** Samples a second. */
export const sampleRate = 8_000
/** Mel bands of a frame. */
export const bands = 24
/** A frame begins every 10 ms and looks at 25 ms. */
export const hopSamples = 80
export const frameMs = 10
const windowSamples = 200
const points = 256
const lowestHz = 200
const highestHz = 3_700

/** One frame of sound: what the gate and the net look at. */
export interface Frame {
  /** Natural logarithm of the power in each mel band. */
  readonly mel: Float32Array
  /** Level of the telephone band, dB; 0 is about a full-scale tone. */
  readonly level: number
  /** Share of the power that lies in the three strongest neighbouring bins: near 1 for a pure tone. */
  readonly tonality: number
  /** Frequency of the strongest bin, Hz. */
  readonly peakHz: number
}

/** Cuts a stream of samples into frames; in whatever pieces they are pushed, the frames are the same. */
export class MelFrames {
  readonly #pending = new Float32Array(windowSamples)
  #filled = 0
  readonly #real = new Float64Array(points)
  readonly #imaginary = new Float64Array(points)
  readonly #power = new Float64Array(points / 2)

  push(samples: Int16Array, told: (frame: Frame) => void): void {
    for (const sample of samples) {
      this.#pending[this.#filled++] = sample / 32_768
      if (this.#filled === windowSamples) {
        told(this.#frame())
        this.#pending.copyWithin(0, hopSamples)
        this.#filled -= hopSamples
      }
    }
  }

  #frame(): Frame {
    const real = this.#real
    const imaginary = this.#imaginary
    const power = this.#power
    real.fill(0)
    imaginary.fill(0)
    for (let index = 0; index < windowSamples; index++) real[index] = (this.#pending[index] ?? 0) * (hamming[index] ?? 0)
    transform(real, imaginary)
    let total = 0
    let peak = firstBin
    for (let bin = firstBin; bin < lastBin; bin++) {
      const value = (real[bin] ?? 0) ** 2 + (imaginary[bin] ?? 0) ** 2
      power[bin] = value
      total += value
      if (value > (power[peak] ?? 0)) peak = bin
    }
    const around = (power[peak - 1] ?? 0) + (power[peak] ?? 0) + (power[peak + 1] ?? 0)
    const mel = new Float32Array(bands)
    for (let band = 0; band < bands; band++) {
      const filter = filters[band]
      if (!filter) continue
      let sum = 0
      for (let index = 0; index < filter.weights.length; index++) sum += (filter.weights[index] ?? 0) * (power[filter.from + index] ?? 0)
      mel[band] = Math.log(sum + 1e-9)
    }
    return {
      mel,
      level: 10 * Math.log10(total / fullScale + 1e-10),
      tonality: total > 0 ? around / total : 0,
      peakHz: (peak * sampleRate) / points,
    }
  }
}

const hamming = Float64Array.from(
  { length: windowSamples },
  (_, index) => 0.54 - 0.46 * Math.cos((2 * Math.PI * index) / (windowSamples - 1)),
)
/** Power over all bins of a full-scale tone. */
export const fullScale = (hamming.reduce((sum, value) => sum + value ** 2, 0) * points) / 4
const firstBin = Math.floor((lowestHz * points) / sampleRate)
const lastBin = Math.ceil((highestHz * points) / sampleRate)

/** Triangles, evenly spaced on the mel scale. */
const filters = Array.from({ length: bands }, (_, band) => {
  const edge = (nth: number): number =>
    (toHz(toMel(lowestHz) + ((toMel(highestHz) - toMel(lowestHz)) * nth) / (bands + 1)) * points) / sampleRate
  const [left, centre, right] = [edge(band), edge(band + 1), edge(band + 2)]
  const from = Math.max(firstBin, Math.floor(left))
  const weights = Float64Array.from({ length: Math.min(lastBin, Math.ceil(right)) - from }, (_each, index) => {
    const bin = from + index
    return Math.max(0, bin <= centre ? (bin - left) / (centre - left) : (right - bin) / (right - centre))
  })
  return { from, weights }
})

function toMel(hz: number): number {
  return 2_595 * Math.log10(1 + hz / 700)
}

function toHz(mel: number): number {
  return 700 * (10 ** (mel / 2_595) - 1)
}

const bits = Math.log2(points)
const reversed = Uint16Array.from({ length: points }, (_, index) => {
  let result = 0
  for (let bit = 0; bit < bits; bit++) if (index & (1 << bit)) result |= 1 << (bits - 1 - bit)
  return result
})
const cosines = Float64Array.from({ length: points / 2 }, (_, index) => Math.cos((2 * Math.PI * index) / points))
const sines = Float64Array.from({ length: points / 2 }, (_, index) => -Math.sin((2 * Math.PI * index) / points))

/** Fourier transform in place (radix 2). */
function transform(real: Float64Array, imaginary: Float64Array): void {
  for (let index = 0; index < points; index++) {
    const other = reversed[index] ?? 0
    if (other > index) {
      const kept = real[index] ?? 0
      real[index] = real[other] ?? 0
      real[other] = kept
    }
  }
  for (let size = 2; size <= points; size *= 2) {
    const half = size / 2
    const step = points / size
    for (let start = 0; start < points; start += size) {
      for (let index = 0; index < half; index++) {
        const cosine = cosines[index * step] ?? 0
        const sine = sines[index * step] ?? 0
        const upper = start + index
        const lower = upper + half
        const x = real[lower] ?? 0
        const y = imaginary[lower] ?? 0
        const re = x * cosine - y * sine
        const im = x * sine + y * cosine
        const a = real[upper] ?? 0
        const b = imaginary[upper] ?? 0
        real[lower] = a - re
        imaginary[lower] = b - im
        real[upper] = a + re
        imaginary[upper] = b + im
      }
    }
  }
}
