import { open } from 'node:fs/promises'
import { MPEGDecoder } from 'mpg123-decoder'

/** Bytes decoded at a time: 16 s. */
const portionBytes = 64 * 1024
/**
 * LAME puts its delay before the sound and fills the last frame up: at least nothing, at most four frames of 1,152 samples. Less than the
 * sound itself means that the end is missing.
 */
const mostExtraSamples = 4 * 1_152
/** A channel quieter than this says nothing about whether it is the right one (-60 dBFS). */
const quiet = 0.001
/** Shorter sounds than this are blurred by the encoder's filters: only their length is held against the spool. */
const shortSeconds = 0.25
/** By how much the loudness of a channel may differ; LAME cuts what is above 3.5 kHz, so noise loses some. */
const mostTimesLouder = 2.5

/** Loudness of each channel as root mean square, full scale 1. */
export interface Loudness {
  readonly left: number
  readonly right: number
}

/** Adds up the loudness of interleaved stereo while it passes by. */
export class LoudnessMeter {
  #left = 0
  #right = 0
  #frames = 0

  add(stereo: Int16Array): void {
    for (let at = 0; at + 1 < stereo.length; at += 2) {
      const left = (stereo[at] ?? 0) / 32_768
      const right = (stereo[at + 1] ?? 0) / 32_768
      this.#left += left * left
      this.#right += right * right
    }
    this.#frames += stereo.length >> 1
  }

  loudness(): Loudness {
    const frames = Math.max(1, this.#frames)
    return { left: Math.sqrt(this.#left / frames), right: Math.sqrt(this.#right / frames) }
  }
}

/**
 * Decodes the whole file and holds it against what was recorded: its length, its rate, and that each channel carries what it should.
 * No header is believed.
 * @returns what is wrong; undefined when all is well
 */
export async function verifyMp3(path: string, expected: { readonly frames: number; readonly rate: number; readonly loudness: Loudness }): Promise<string | undefined> {
  const decoder = new MPEGDecoder({ enableGapless: false })
  await decoder.ready
  const file = await open(path, 'r')
  try {
    const portion = Buffer.alloc(portionBytes)
    let samples = 0
    let left = 0
    let right = 0
    while (true) {
      const { bytesRead } = await file.read(portion, 0, portion.length)
      if (bytesRead === 0) break
      const decoded = decoder.decode(portion.subarray(0, bytesRead))
      const error = decoded.errors[0]
      if (error) return `does not decode at sample ${samples}: ${error.message}`
      if (decoded.samplesDecoded === 0) continue
      if (decoded.sampleRate !== expected.rate) return `has ${decoded.sampleRate} Hz instead of ${expected.rate}`
      const [first, second] = decoded.channelData
      if (!first || !second) return 'has one channel instead of two'
      samples += decoded.samplesDecoded
      left += power(first)
      right += power(second)
    }
    const extra = samples - expected.frames
    if (extra < 0) return `is too short: ${seconds(samples, expected.rate)} s of ${seconds(expected.frames, expected.rate)} s`
    if (extra > mostExtraSamples) return `is too long: ${seconds(samples, expected.rate)} s for ${seconds(expected.frames, expected.rate)} s`
    if (expected.frames < shortSeconds * expected.rate) return undefined
    const heard = { left: Math.sqrt(left / expected.frames), right: Math.sqrt(right / expected.frames) }
    return differs('left', heard.left, expected.loudness.left) ?? differs('right', heard.right, expected.loudness.right)
  } finally {
    decoder.free()
    await file.close()
  }
}

function power(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return sum
}

function differs(channel: string, heard: number, expected: number): string | undefined {
  if (expected < quiet && heard < 2 * quiet) return undefined
  if (heard < expected / mostTimesLouder) return `is too quiet on the ${channel}: ${heard.toFixed(4)} instead of ${expected.toFixed(4)}`
  if (heard > Math.max(expected, quiet) * mostTimesLouder) return `is too loud on the ${channel}: ${heard.toFixed(4)} instead of ${expected.toFixed(4)}`
  return undefined
}

function seconds(samples: number, rate: number): string {
  return (samples / rate).toFixed(2)
}
