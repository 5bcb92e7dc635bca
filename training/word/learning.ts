import { bands } from '../../src/words/mel-frames.js'
import { framesAfter, inputFrames, layers, score, summed, weightCount } from '../../src/words/net.js'
import type { Chance } from './chance.js'
import type { Example } from './examples.js'

/** Trains the net by Adam on mini-batches: cross entropy, with the inputs shifted and partly hidden each time, so that it learns no example by heart. */
export class Learning {
  readonly weights = new Float32Array(weightCount)
  readonly #gradient = new Float32Array(weightCount)
  readonly #first = new Float32Array(weightCount)
  readonly #second = new Float32Array(weightCount)
  readonly #values: Float32Array[]
  readonly #errors: Float32Array[]
  #steps = 0

  constructor(readonly chance: Chance) {
    let at = 0
    let frames = inputFrames
    this.#values = [new Float32Array(inputFrames * bands)]
    for (const layer of layers) {
      const fan = layer.from * layer.width
      for (let index = 0; index < layer.to * fan; index++) this.weights[at + index] = chance.normal() * Math.sqrt(2 / fan)
      at += layer.to * (fan + 1)
      frames = framesAfter(frames, layer)
      this.#values.push(new Float32Array(frames * layer.to))
    }
    for (let index = 0; index < summed; index++) this.weights[at + index] = chance.normal() * Math.sqrt(1 / summed)
    this.#errors = this.#values.map((values) => new Float32Array(values.length))
  }

  /** Once through all examples. @returns the mean loss */
  epoch(examples: readonly Example[], rate: number, wordWeight: number): number {
    const order = this.chance.shuffled(examples)
    let loss = 0
    for (let from = 0; from < order.length; from += batch) {
      const some = order.slice(from, from + batch)
      this.#gradient.fill(0)
      for (const { input, isWord } of some) loss += this.#learn(this.#disturbed(input), isWord, isWord ? wordWeight : 1)
      this.#step(rate, some.length)
    }
    return loss / order.length
  }

  #disturbed(input: Float32Array): Float32Array {
    const { chance } = this
    const result = this.#values[0] as Float32Array
    // Slower or faster, sooner or later; a longer or a shorter throat.
    const [stretch, shift, throat] = [chance.between(0.82, 1.22), chance.between(-5, 5), chance.between(-0.9, 0.9)]
    for (let frame = 0; frame < inputFrames; frame++) {
      const from = Math.round((frame - inputFrames / 2) * stretch + inputFrames / 2 + shift)
      if (from < 0 || from >= inputFrames) result.fill(-1, frame * bands, (frame + 1) * bands)
      else for (let band = 0; band < bands; band++) result[frame * bands + band] = between(input, from * bands, band + throat)
    }
    const gain = chance.between(-0.15, 0.15)
    const tilt = chance.between(-0.3, 0.3) / bands
    for (let index = 0; index < result.length; index++)
      result[index] = Math.max(-1, (result[index] ?? 0) + gain + tilt * ((index % bands) - bands / 2))
    if (chance.happens(0.4)) {
      const [from, count] = [chance.whole(0, bands - 4), chance.whole(1, 4)]
      for (let frame = 0; frame < inputFrames; frame++) result.fill(-0.5, frame * bands + from, frame * bands + from + count)
    }
    if (chance.happens(0.3)) {
      const [from, count] = [chance.whole(20, 70), chance.whole(2, 6)]
      result.fill(-1, from * bands, (from + count) * bands)
    }
    return result
  }

  #learn(input: Float32Array, isWord: boolean, weight: number): number {
    const [values, errors, weights, gradient] = [this.#values, this.#errors, this.weights, this.#gradient]
    // Forward
    const begins: number[] = []
    let at = 0
    for (const [nth, { from, to, width, stride }] of layers.entries()) {
      begins.push(at)
      const [before, after] = [nth === 0 ? input : (values[nth] as Float32Array), values[nth + 1] as Float32Array]
      const span = width * from
      for (let frame = 0; frame < after.length / to; frame++) {
        for (let output = 0; output < to; output++) {
          let sum = weights[at + to * span + output] as number
          const first = at + output * span
          const start = frame * stride * from
          for (let index = 0; index < span; index++) sum += (weights[first + index] as number) * (before[start + index] as number)
          after[frame * to + output] = sum > 0 ? sum : 0
        }
      }
      at += to * (span + 1)
    }
    const last = values[layers.length] as Float32Array
    let sum = weights[at + summed] as number
    for (let index = 0; index < summed; index++) sum += (weights[at + index] as number) * (last[index] as number)
    const output = 1 / (1 + Math.exp(-sum))
    const wanted = isWord ? 0.98 : 0.01
    // Back
    const error = (output - wanted) * weight
    const lastError = errors[layers.length] as Float32Array
    gradient[at + summed] = (gradient[at + summed] as number) + error
    for (let index = 0; index < summed; index++) {
      gradient[at + index] = (gradient[at + index] as number) + error * (last[index] as number)
      lastError[index] = error * (weights[at + index] as number)
    }
    for (let nth = layers.length - 1; nth >= 0; nth--) {
      const { from, to, width, stride } = layers[nth] as (typeof layers)[number]
      const span = width * from
      const begin = begins[nth] as number
      const [before, after, errorAfter, errorBefore] = [
        nth === 0 ? input : (values[nth] as Float32Array),
        values[nth + 1] as Float32Array,
        errors[nth + 1] as Float32Array,
        errors[nth] as Float32Array,
      ]
      if (nth > 0) errorBefore.fill(0)
      for (let frame = 0; frame < after.length / to; frame++) {
        for (let unit = 0; unit < to; unit++) {
          const back = errorAfter[frame * to + unit] as number
          if ((after[frame * to + unit] as number) <= 0 || back === 0) continue
          const first = begin + unit * span
          const start = frame * stride * from
          gradient[begin + to * span + unit] = (gradient[begin + to * span + unit] as number) + back
          for (let index = 0; index < span; index++)
            gradient[first + index] = (gradient[first + index] as number) + back * (before[start + index] as number)
          if (nth > 0)
            for (let index = 0; index < span; index++)
              errorBefore[start + index] = (errorBefore[start + index] as number) + back * (weights[first + index] as number)
        }
      }
    }
    return -(wanted * Math.log(output + 1e-7) + (1 - wanted) * Math.log(1 - output + 1e-7))
  }

  #step(rate: number, count: number): void {
    this.#steps++
    const [b1, b2] = [0.9, 0.999]
    const correction = Math.sqrt(1 - b2 ** this.#steps) / (1 - b1 ** this.#steps)
    for (let index = 0; index < weightCount; index++) {
      const gradient = (this.#gradient[index] as number) / count + 1e-5 * (this.weights[index] as number)
      const first = b1 * (this.#first[index] as number) + (1 - b1) * gradient
      const second = b2 * (this.#second[index] as number) + (1 - b2) * gradient ** 2
      this.#first[index] = first
      this.#second[index] = second
      this.weights[index] = (this.weights[index] as number) - (rate * correction * first) / (Math.sqrt(second) + 1e-8)
    }
  }
}

const batch = 32

/** A frame at a place between two bands. */
function between(input: Float32Array, frame: number, place: number): number {
  const within = Math.max(0, Math.min(bands - 1, place))
  const [lower, share] = [Math.floor(within), within % 1]
  const below = input[frame + lower] as number
  return share === 0 ? below : below + ((input[frame + lower + 1] as number) - below) * share
}

/** How many of the word are heard, and of everything else taken for it, at a threshold. */
export function rates(
  weights: Float32Array,
  examples: readonly Example[],
  threshold: number,
): { readonly heard: number; readonly near: number; readonly other: number } {
  const counts = { word: [0, 0], near: [0, 0], other: [0, 0] }
  for (const { input, of } of examples) {
    const count = counts[of.kind]
    count[1] = (count[1] ?? 0) + 1
    if (score(weights, input) >= threshold) count[0] = (count[0] ?? 0) + 1
  }
  const share = ([taken = 0, all = 0]: readonly number[]): number => taken / Math.max(1, all)
  return { heard: share(counts.word), near: share(counts.near), other: share(counts.other) }
}
