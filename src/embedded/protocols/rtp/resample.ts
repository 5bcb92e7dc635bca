/** Zero crossings of the sinc on each side: enough for 70 dB of stop band with a narrow transition. */
const CROSSINGS = 16
/** Pass band, as a share of the lower Nyquist frequency. */
const PASS = 0.92
const KAISER_BETA = 7.5

/** Changes the sampling rate, in portions: polyphase windowed-sinc filter, no delay against the input. */
export class Resampler {
  readonly #up: number
  readonly #down: number
  readonly #taps: number
  readonly #phases: Float64Array[]
  /** Input not yet out of reach; its first sample has index `#first` in the whole input. */
  #input: Float64Array
  #length = 0
  #first: number
  #consumed = 0
  #produced = 0

  constructor(fromRate: number, toRate: number) {
    const divisor = greatestCommonDivisor(fromRate, toRate)
    this.#up = toRate / divisor
    this.#down = fromRate / divisor
    const stretch = Math.max(1, fromRate / toRate)
    const half = Math.ceil(CROSSINGS * stretch)
    this.#taps = half * 2
    this.#first = -half
    this.#input = new Float64Array(this.#taps * 2)
    this.#length = half
    const cutoff = PASS / stretch
    this.#phases = Array.from({ length: this.#up }, (_, phase) => {
      const taps = Float64Array.from({ length: this.#taps }, (_unused, tap) => {
        const distance = tap - half + 1 - phase / this.#up
        return sinc(distance * cutoff) * kaiser(distance / half)
      })
      const sum = taps.reduce((total, tap) => total + tap, 0)
      return taps.map((tap) => tap / sum)
    })
  }

  /** The output that the input so far decides. */
  push(samples: ArrayLike<number>): Int16Array {
    this.#append(samples)
    this.#consumed += samples.length
    return this.#produce(Math.floor(((this.#first + this.#length - this.#taps / 2) * this.#up) / this.#down))
  }

  /** The rest, once all input is in. */
  end(): Int16Array {
    this.#append(new Float64Array(this.#taps))
    return this.#produce(Math.ceil((this.#consumed * this.#up) / this.#down))
  }

  #append(samples: ArrayLike<number>): void {
    if (this.#length + samples.length > this.#input.length) {
      const larger = new Float64Array((this.#length + samples.length) * 2)
      larger.set(this.#input.subarray(0, this.#length))
      this.#input = larger
    }
    this.#input.set(samples, this.#length)
    this.#length += samples.length
  }

  /** Output samples up to (not including) index `until`. */
  #produce(until: number): Int16Array {
    const output = new Int16Array(Math.max(0, until - this.#produced))
    const input = this.#input
    for (let index = 0; index < output.length; index++) {
      const position = (this.#produced + index) * this.#down
      const base = Math.floor(position / this.#up)
      const taps = this.#phases[position - base * this.#up] ?? new Float64Array()
      const start = base - this.#taps / 2 + 1 - this.#first
      let sum = 0
      for (let tap = 0; tap < taps.length; tap++) sum += (taps[tap] ?? 0) * (input[start + tap] ?? 0)
      output[index] = Math.max(-32768, Math.min(32767, Math.round(sum)))
    }
    this.#produced += output.length
    const spent = Math.min(
      this.#length,
      Math.max(0, Math.floor((this.#produced * this.#down) / this.#up) - this.#taps / 2 + 1 - this.#first),
    )
    input.copyWithin(0, spent, this.#length)
    this.#length -= spent
    this.#first += spent
    return output
  }
}

/** All at once. */
export function resample(samples: Int16Array, fromRate: number, toRate: number): Int16Array {
  if (fromRate === toRate) return samples
  const resampler = new Resampler(fromRate, toRate)
  const start = resampler.push(samples)
  const rest = resampler.end()
  const all = new Int16Array(start.length + rest.length)
  all.set(start)
  all.set(rest, start.length)
  return all
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

/** Kaiser window, x from -1 to 1. */
function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA)
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}
