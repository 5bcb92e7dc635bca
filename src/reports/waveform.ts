/** A recording's level over time, by channel: left the caller, right the specialist. */
export interface Waveform {
  readonly seconds: number
  /** The peak of each slice of time, 0 to 100 of the loudest; equally many for both. */
  readonly left: readonly number[]
  readonly right: readonly number[]
}

/** The most slices of a waveform. */
const maxParts = 480
/** Peaks are kept per this fraction of a second until the length is known. */
const perSecond = 20

/** Peaks of sound that comes piece by piece. */
export class PeakMeter {
  readonly #left: number[] = []
  readonly #right: number[] = []
  #rate = 0
  /** Of each channel. */
  #samples = 0

  /** @param rate samples a second, the same each time */
  add(left: Float32Array, right: Float32Array, rate: number): void {
    this.#rate = rate
    const bucket = Math.max(1, Math.round(rate / perSecond))
    for (let index = 0; index < left.length; index++) {
      const at = Math.floor((this.#samples + index) / bucket)
      this.#left[at] = Math.max(this.#left[at] ?? 0, Math.abs(left[index] ?? 0))
      this.#right[at] = Math.max(this.#right[at] ?? 0, Math.abs(right[index] ?? 0))
    }
    this.#samples += left.length
  }

  waveform(): Waveform {
    const most = [...this.#left, ...this.#right].reduce((loudest, peak) => Math.max(loudest, peak), 0)
    const parts = Math.min(maxParts, this.#left.length)
    const reduced = (peaks: readonly number[]) =>
      Array.from({ length: parts }, (_, part) => {
        const some = peaks.slice(Math.floor((part * peaks.length) / parts), Math.floor(((part + 1) * peaks.length) / parts))
        const peak = some.reduce((loudest, one) => Math.max(loudest, one), 0)
        return most === 0 ? 0 : Math.round((peak / most) * 100)
      })
    return {
      seconds: this.#rate === 0 ? 0 : Math.round((this.#samples / this.#rate) * 10) / 10,
      left: reduced(this.#left),
      right: reduced(this.#right),
    }
  }
}

const [width, height] = [960, 160]

/** The two channels one above the other. A standalone picture, independent of the page. */
export function waveformSvg({ left, right }: Waveform): string {
  const channel = (peaks: readonly number[], middle: number) => {
    const step = width / Math.max(1, peaks.length)
    const bars = peaks.map((peak, index) => {
      const reach = Math.max(0.5, (peak / 100) * (height / 4 - 4))
      return `M${round((index + 0.5) * step)} ${round(middle - reach)}V${round(middle + reach)}`
    })
    return { bars: bars.join(''), step }
  }
  const [upper, lower] = [channel(left, height / 4), channel(right, (height * 3) / 4)]
  const path = ({ bars, step }: typeof upper, colour: string) =>
    `<path d="${bars}" stroke="${colour}" stroke-width="${round(Math.max(1, step * 0.7))}" fill="none"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" preserveAspectRatio="none"><path d="M0 ${height / 2}H${width}" stroke="#d8dde0"/>${path(upper, '#005eb8')}${path(lower, '#212b32')}</svg>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
