import { createHash } from 'node:crypto'
import type { Utterance } from './isolation-gate.js'
import { bands, type Frame } from './mel-frames.js'

/** The net looks at one second, with the utterance in the middle. */
export const inputFrames = 100

/** A layer that slides over time: `width` frames at once, every `stride` of them, `from` numbers a frame to `to`. */
export interface Layer {
  readonly from: number
  readonly to: number
  readonly width: number
  readonly stride: number
}

/** Three sliding layers, and one sum over all that is left of the second. */
export const layers: readonly Layer[] = [
  { from: bands, to: 20, width: 5, stride: 2 },
  { from: 20, to: 24, width: 5, stride: 2 },
  { from: 24, to: 24, width: 3, stride: 2 },
]

export function framesAfter(frames: number, { width, stride }: Layer): number {
  return Math.floor((frames - width) / stride) + 1
}

/** Frames that the last sliding layer leaves. */
const framesLeft = layers.reduce(framesAfter, inputFrames)
/** Numbers that the sum is made of. */
export const summed = framesLeft * (layers.at(-1)?.to ?? 0)

/** Weights of the whole net: each layer's (by output, frame, input) and then its offsets; the sum's last. */
export const weightCount = layers.reduce((count, { from, to, width }) => count + to * (from * width + 1), summed + 1)

/** What a training has made. */
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

/** @throws Error where the weights are not those that were trained */
export function readNet(file: NetFile): Float32Array {
  const bytes = Buffer.from(file.weights, 'base64')
  if (createHash('sha256').update(bytes).digest('hex') !== file.sha256)
    throw new Error(`the weights for "${file.word}" are damaged: their checksum is another`)
  if (bytes.length !== weightCount * 2)
    throw new Error(`the weights for "${file.word}" are ${bytes.length / 2}, and the net has ${weightCount}`)
  return Float32Array.from({ length: weightCount }, (_, index) => bytes.readInt16LE(index * 2) * file.scale)
}

/** Below the loudest frame of the utterance by this much, sound counts as none. In natural logarithms of power: 39 dB. */
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
 * @param frames all that is known; those outside are silence
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

/** @returns how much it is the word, 0 to 1 */
export function score(weights: Float32Array, input: Float32Array): number {
  let [values, frames, at] = [input, inputFrames, 0]
  for (const layer of layers) {
    const { from, to, width, stride } = layer
    const after = framesAfter(frames, layer)
    const result = new Float32Array(after * to)
    const offsets = at + to * width * from
    for (let frame = 0; frame < after; frame++) {
      for (let output = 0; output < to; output++) {
        let sum = weights[offsets + output] ?? 0
        const first = at + output * width * from
        const start = frame * stride * from
        for (let index = 0; index < width * from; index++) sum += (weights[first + index] ?? 0) * (values[start + index] ?? 0)
        if (sum > 0) result[frame * to + output] = sum
      }
    }
    at = offsets + to
    ;[values, frames] = [result, after]
  }
  let sum = weights[at + summed] ?? 0
  for (let index = 0; index < summed; index++) sum += (weights[at + index] ?? 0) * (values[index] ?? 0)
  return 1 / (1 + Math.exp(-sum))
}
