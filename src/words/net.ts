import { createHash } from 'node:crypto'
import type { Utterance } from './isolation-gate.js'
import { bands, type Frame } from './mel-frames.js'

/** The net looks at one second, with the utterance in the middle. */
export const inputFrames = 100

/**
 * A layer that slides over time and over the bands: it looks at `width` frames by `height` rows at once, every `stride` frames and every `step` rows, and makes
 * `to` numbers (a multiple of four) of the `from` in each place. Sliding over the bands, it knows a vowel in a longer and in a shorter throat.
 */
export interface Layer {
  readonly from: number
  readonly to: number
  readonly width: number
  readonly height: number
  readonly stride: number
  readonly step: number
}

/** Numbers in so many frames of so many rows of so many channels, in this order. */
export interface Shape {
  readonly frames: number
  readonly rows: number
  readonly channels: number
}

/** Two layers over time and bands, two over time, and one sum over all that is left of the second. */
export const layers: readonly Layer[] = [
  { from: 1, to: 8, width: 5, height: 5, stride: 2, step: 2 },
  { from: 8, to: 16, width: 3, height: 3, stride: 2, step: 2 },
  { from: 16, to: 32, width: 3, height: 4, stride: 2, step: 1 },
  { from: 32, to: 32, width: 3, height: 1, stride: 1, step: 1 },
]

/** What goes into the net, and what each layer leaves. */
export const shapes: readonly Shape[] = layers.reduce<Shape[]>(
  (known, { to, width, height, stride, step }) => {
    const { frames, rows } = known.at(-1) as Shape
    return [...known, { frames: Math.floor((frames - width) / stride) + 1, rows: Math.floor((rows - height) / step) + 1, channels: to }]
  },
  [{ frames: inputFrames, rows: bands, channels: 1 }],
)

export function sizeOf({ frames, rows, channels }: Shape): number {
  return frames * rows * channels
}

/** Numbers that the sum is made of. */
export const summed = sizeOf(shapes.at(-1) as Shape)

/** Weights of a layer (by output, frame, row, input), and its offsets behind them. */
export function weightsOf({ from, to, width, height }: Layer): number {
  return to * (from * width * height + 1)
}

/** Weights of the whole net: each layer's, the sum's and its offset. */
export const weightCount = layers.reduce((count, layer) => count + weightsOf(layer), summed + 1)

/** Multiplications for one score. */
export const multiplications = layers.reduce(
  (count, { from, width, height }, nth) => count + sizeOf(shapes[nth + 1] as Shape) * from * width * height,
  summed,
)

/** The result of a training. */
export interface NetFile {
  readonly word: string
  /** As 16-bit whole numbers, little-endian, base64; times `scale`. */
  readonly weights: string
  readonly scale: number
  /** SHA-256 of the bytes behind `weights`. */
  readonly sha256: string
  /** From this score on it is the word. */
  readonly threshold: number
  /** The data from which it was made, and the program that made it. */
  readonly made: string
}

/** @throws Error where the weights are not the trained ones */
export function readNet(file: NetFile): Float32Array {
  const bytes = Buffer.from(file.weights, 'base64')
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256)
    throw new Error(`the weights for "${file.word}" are damaged: their checksum is another`)
  if (bytes.length !== weightCount * 2)
    throw new Error(`the weights for "${file.word}" are ${bytes.length / 2}, and the net has ${weightCount}`)
  return Float32Array.from({ length: weightCount }, (_, index) => bytes.readInt16LE(index * 2) * file.scale)
}

/** Below the loudest frame of the utterance by this much, sound counts as silence. In natural logarithms of power: 39 dB. */
const depth = 9
/** The noise of the line is taken off by this much: what is left of it in a frame is small beside a voice. */
const noiseTaken = 1.5

/** Noise that has grown since has grown in all bands: by as much as the quietest bands of a frame are above it. A word leaves some of them alone. */
const grown = { band: 4, mostDb: 10 } as const
const inDb = 10 / Math.LN10

/** How much louder than it was the noise is in this frame, as a factor of its power: 1 to 10. */
function grownBy({ mel }: Frame, noise: Float32Array): number {
  const above = mel.map((power, band) => power - Math.log((noise[band] ?? 0) + 1e-9)).sort()
  return Math.exp(Math.max(0, Math.min(grown.mostDb / inDb, above[grown.band] ?? 0)))
}

/**
 * An utterance as the net takes it: one second of frames with the utterance in the middle, the noise of the line and loudness taken out of it.
 * @param frames all that are known; those outside are silence
 */
export function netInput(frames: (index: number) => Frame | undefined, { from, to, noise }: Utterance): Float32Array {
  const begin = Math.round((from + to - inputFrames) / 2)
  const voice = (frame: Frame, taken: number, band: number): number => {
    const power = Math.exp(frame.mel[band] ?? -Infinity) - taken * (noise[band] ?? 0)
    return power > 0 ? Math.log(power) : -Infinity
  }
  let loudest = -Infinity
  for (let index = from; index < to; index++) {
    const frame = frames(index)
    if (!frame) continue
    const taken = noiseTaken * grownBy(frame, noise)
    for (let band = 0; band < bands; band++) loudest = Math.max(loudest, voice(frame, taken, band))
  }
  const input = new Float32Array(inputFrames * bands).fill(-1)
  for (let index = 0; index < inputFrames; index++) {
    const frame = frames(begin + index)
    if (!frame) continue
    const taken = noiseTaken * grownBy(frame, noise)
    for (let band = 0; band < bands; band++)
      input[index * bands + band] = Math.max(-1, 1 + (2 * (voice(frame, taken, band) - loudest)) / depth)
  }
  return input
}

/** Room for what each layer makes: the input first. */
export function room(): Float32Array[] {
  return shapes.map((shape) => new Float32Array(sizeOf(shape)))
}

/** What a layer looks at in one place, one after another. @param to where it is put */
export function look(nth: number, values: Float32Array, frame: number, row: number, to: Float32Array): void {
  const { from, width, height, stride, step } = layers[nth] as Layer
  const { rows } = shapes[nth] as Shape
  const span = height * from
  let place = 0
  for (let slice = 0; slice < width; slice++) {
    const start = ((frame * stride + slice) * rows + row * step) * from
    for (let index = start; index < start + span; index++) to[place++] = values[index] as number
  }
}

/** The most that a layer looks at in one place. */
export const mostSeen = layers.reduce((most, { from, width, height }) => Math.max(most, from * width * height), 0)
const looked = new Float32Array(mostSeen)

/** Four outputs in one place, from what the layer looks at there: each number is fetched once for all four. */
function four(weights: Float32Array, first: number, offset: number, seen: number, after: Float32Array, place: number): void {
  const [second, third, fourth] = [first + seen, first + 2 * seen, first + 3 * seen]
  let a = weights[offset] as number
  let b = weights[offset + 1] as number
  let c = weights[offset + 2] as number
  let d = weights[offset + 3] as number
  for (let index = 0; index < seen; index++) {
    const value = looked[index] as number
    a += (weights[first + index] as number) * value
    b += (weights[second + index] as number) * value
    c += (weights[third + index] as number) * value
    d += (weights[fourth + index] as number) * value
  }
  after[place] = a > 0 ? a : 0
  after[place + 1] = b > 0 ? b : 0
  after[place + 2] = c > 0 ? c : 0
  after[place + 3] = d > 0 ? d : 0
}

/** @param values the input, and room for what each layer makes of it @returns how much it is the word, 0 to 1 */
export function run(weights: Float32Array, values: readonly Float32Array[]): number {
  let at = 0
  for (const [nth, layer] of layers.entries()) {
    const { from, to, width, height } = layer
    const after = values[nth + 1] as Float32Array
    const { frames, rows } = shapes[nth + 1] as Shape
    const seen = from * width * height
    const offsets = at + to * seen
    let place = 0
    for (let frame = 0; frame < frames; frame++) {
      for (let row = 0; row < rows; row++) {
        look(nth, values[nth] as Float32Array, frame, row, looked)
        for (let output = 0; output < to; output += 4, place += 4) four(weights, at + output * seen, offsets + output, seen, after, place)
      }
    }
    at += weightsOf(layer)
  }
  const last = values[layers.length] as Float32Array
  let sum = weights[at + summed] as number
  for (let index = 0; index < summed; index++) sum += (weights[at + index] as number) * (last[index] as number)
  return 1 / (1 + Math.exp(-sum))
}

/** @returns how much it is the word, 0 to 1 */
export function score(weights: Float32Array, input: Float32Array): number {
  return run(weights, [input, ...room().slice(1)])
}
