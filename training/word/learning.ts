import { bands } from '../../src/words/mel-frames.js'
import {
  inputFrames,
  layers,
  look,
  mostSeen,
  room,
  run,
  score,
  shapes,
  summed,
  weightCount,
  weightsOf,
  type Layer,
  type Shape,
} from '../../src/words/net.js'
import type { Chance } from './chance.js'
import type { Example } from './examples.js'

/** Trains the net by Adam on mini-batches: cross entropy, with the inputs shifted and partly hidden each time, so that it learns no example by heart. */
export class Learning {
  readonly weights = new Float32Array(weightCount)
  readonly #gradient = new Float32Array(weightCount)
  readonly #first = new Float32Array(weightCount)
  readonly #second = new Float32Array(weightCount)
  readonly #values = room()
  readonly #errors = room()
  readonly #looked = new Float32Array(mostSeen)
  readonly #lookedErrors = new Float32Array(mostSeen)
  #steps = 0

  constructor(readonly chance: Chance) {
    let at = 0
    for (const layer of layers) {
      const fan = layer.from * layer.width * layer.height
      for (let index = 0; index < layer.to * fan; index++) this.weights[at + index] = chance.normal() * Math.sqrt(2 / fan)
      at += weightsOf(layer)
    }
    for (let index = 0; index < summed; index++) this.weights[at + index] = chance.normal() * Math.sqrt(1 / summed)
  }

  /** Once through all examples. @returns the mean loss */
  epoch(examples: readonly Example[], rate: number, wordWeight: number): number {
    const order = this.chance.shuffled(examples)
    let loss = 0
    for (let from = 0; from < order.length; from += batch) {
      const some = order.slice(from, from + batch)
      this.#gradient.fill(0)
      for (const { input, isWord } of some) {
        this.#disturb(input)
        loss += this.#learn(isWord ? wanted.word : wanted.other, isWord ? wordWeight : 1)
      }
      this.#step(rate, some.length)
    }
    return loss / order.length
  }

  /** Puts an example, changed, where the net takes its input from. */
  #disturb(input: Float32Array): void {
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
    // What microphones and rooms do to some bands, and the noise that is left in each.
    const [swell, phase, waves] = [chance.between(0, 0.2), chance.between(0, 2 * Math.PI), chance.between(1, 3)]
    const louder = Float32Array.from(
      { length: bands },
      (_, band) => gain + tilt * (band - bands / 2) + swell * Math.sin(phase + (2 * Math.PI * waves * band) / bands),
    )
    for (let index = 0; index < result.length; index++)
      result[index] = Math.max(-1, (result[index] as number) + (louder[index % bands] as number) + 0.2 * (chance.next() - 0.5))
    if (chance.happens(0.4)) {
      const [from, count] = [chance.whole(0, bands - 4), chance.whole(1, 4)]
      for (let frame = 0; frame < inputFrames; frame++) result.fill(-0.5, frame * bands + from, frame * bands + from + count)
    }
    if (chance.happens(0.3)) {
      const [from, count] = [chance.whole(20, 70), chance.whole(2, 6)]
      result.fill(-1, from * bands, (from + count) * bands)
    }
  }

  /** How the loss for one input, as it is, changes with each weight. @param target what the net is to say, 0 to 1 */
  gradientOf(input: Float32Array, target: number): { readonly loss: number; readonly gradient: Float32Array } {
    this.#gradient.fill(0)
    this.#values[0]?.set(input)
    return { loss: this.#learn(target, 1), gradient: this.#gradient.slice() }
  }

  /** Adds up the gradient for one example, which is in the first of the values. @returns its loss */
  #learn(target: number, weight: number): number {
    const { weights } = this
    const gradient = this.#gradient
    const output = run(weights, this.#values)
    const error = (output - target) * weight
    let at = weightCount - summed - 1
    const [last, lastError] = [this.#values[layers.length] as Float32Array, this.#errors[layers.length] as Float32Array]
    gradient[at + summed] = (gradient[at + summed] as number) + error
    for (let index = 0; index < summed; index++) {
      gradient[at + index] = (gradient[at + index] as number) + error * (last[index] as number)
      lastError[index] = error * (weights[at + index] as number)
    }
    for (let nth = layers.length - 1; nth >= 0; nth--) {
      at -= weightsOf(layers[nth] as Layer)
      this.#back(nth, at)
    }
    return -(target * Math.log(output + 1e-7) + (1 - target) * Math.log(1 - output + 1e-7))
  }

  /** From the errors of what a layer made to its gradient, and to the errors of what it was made of. @param at the layer's first weight */
  #back(nth: number, at: number): void {
    const { weights } = this
    const gradient = this.#gradient
    const { from, to, width, height, stride, step } = layers[nth] as Layer
    const { rows: rowsBefore } = shapes[nth] as Shape
    const { frames, rows } = shapes[nth + 1] as Shape
    const before = this.#values[nth] as Float32Array
    const errorBefore = this.#errors[nth] as Float32Array
    const span = height * from
    const seen = span * width
    const offsets = at + to * seen
    const [looked, errors] = [this.#looked, this.#lookedErrors]
    errorBefore.fill(0)
    let place = 0
    for (let frame = 0; frame < frames; frame++) {
      for (let row = 0; row < rows; row++) {
        look(nth, before, frame, row, looked)
        errors.fill(0)
        for (let output = 0; output < to; output += 4, place += 4) {
          const [a, b, c, d] = [
            this.#error(nth, place),
            this.#error(nth, place + 1),
            this.#error(nth, place + 2),
            this.#error(nth, place + 3),
          ]
          if (a === 0 && b === 0 && c === 0 && d === 0) continue
          const offset = offsets + output
          gradient[offset] = (gradient[offset] as number) + a
          gradient[offset + 1] = (gradient[offset + 1] as number) + b
          gradient[offset + 2] = (gradient[offset + 2] as number) + c
          gradient[offset + 3] = (gradient[offset + 3] as number) + d
          const first = at + output * seen
          const [second, third, fourth] = [first + seen, first + 2 * seen, first + 3 * seen]
          for (let index = 0; index < seen; index++) {
            const value = looked[index] as number
            gradient[first + index] = (gradient[first + index] as number) + a * value
            gradient[second + index] = (gradient[second + index] as number) + b * value
            gradient[third + index] = (gradient[third + index] as number) + c * value
            gradient[fourth + index] = (gradient[fourth + index] as number) + d * value
          }
          if (nth === 0) continue
          for (let index = 0; index < seen; index++)
            errors[index] =
              (errors[index] as number) +
              a * (weights[first + index] as number) +
              b * (weights[second + index] as number) +
              c * (weights[third + index] as number) +
              d * (weights[fourth + index] as number)
        }
        if (nth === 0) continue
        for (let slice = 0; slice < width; slice++) {
          const start = ((frame * stride + slice) * rowsBefore + row * step) * from
          for (let index = 0; index < span; index++)
            errorBefore[start + index] = (errorBefore[start + index] as number) + (errors[slice * span + index] as number)
        }
      }
    }
  }

  /** What one number of a layer is to be changed by; 0: it was cut off. */
  #error(nth: number, place: number): number {
    return ((this.#values[nth + 1] as Float32Array)[place] as number) > 0 ? ((this.#errors[nth + 1] as Float32Array)[place] as number) : 0
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
/** What the net is to say: never quite sure. */
const wanted = { word: 0.98, other: 0.01 } as const

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
