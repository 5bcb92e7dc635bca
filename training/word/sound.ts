import { readFile } from 'node:fs/promises'
import { MULAW_TO_LINEAR } from '../../src/embedded/protocols/rtp/g711.js'
import { decodeSamples, readWavFormat } from '../../src/embedded/protocols/rtp/wav.js'

/** Sound at 8 kHz, 1 is full scale. */
export type Sound = Float32Array

/** Half the width of the filter that takes sound from one rate to another, in its own zero crossings. */
const crossings = 12

/** A file of nothing but mu-law at 8 kHz. */
export async function readMuLaw(path: string, speed = 1): Promise<Sound> {
  return atRate(
    Float32Array.from(await readFile(path), (byte) => (MULAW_TO_LINEAR[byte] ?? 0) / 32_768),
    8_000 * speed,
    8_000,
  )
}

/**
 * A WAV file's first channel at 8 kHz.
 * @param speed so much faster and higher than it was recorded: throat and pitch alike
 */
export async function readSound(path: string, speed = 1): Promise<Sound> {
  const file = await readFile(path)
  const { encoding, channels, rate, dataStart, dataBytes } = readWavFormat(file)
  const samples = decodeSamples(encoding, file.subarray(dataStart, dataStart + dataBytes))
  const mono = new Float32Array(samples.length / channels)
  for (let index = 0; index < mono.length; index++) mono[index] = (samples[index * channels] ?? 0) / 32_768
  return atRate(mono, rate * speed, 8_000)
}

export function atRate(sound: Float32Array, from: number, to: number): Sound {
  if (from === to) return sound
  const cut = Math.min(1, to / from) * 0.96
  const step = from / to
  const half = crossings / cut
  const result = new Float32Array(Math.floor((sound.length * to) / from))
  for (let index = 0; index < result.length; index++) {
    const centre = index * step
    let sum = 0
    for (let at = Math.max(0, Math.ceil(centre - half)); at <= Math.min(sound.length - 1, centre + half); at++) {
      sum += (sound[at] ?? 0) * (kernel[Math.round(Math.abs(at - centre) * cut * kernelSteps)] ?? 0)
    }
    result[index] = sum * cut
  }
  return result
}

const kernelSteps = 512
/** A sine over its argument, faded out over all crossings. */
const kernel = Float32Array.from({ length: crossings * kernelSteps + 2 }, (_, index) => {
  const at = index / kernelSteps
  return at === 0 ? 1 : (Math.sin(Math.PI * at) / (Math.PI * at)) * (0.5 + 0.5 * Math.cos((Math.PI * Math.min(at, crossings)) / crossings))
})

/** Without the silence at both ends. */
export function trimmed(sound: Sound): Sound {
  const least = 0.02 * sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  let [from, to] = [0, sound.length]
  while (from < to && Math.abs(sound[from] ?? 0) < least) from++
  while (to > from && Math.abs(sound[to - 1] ?? 0) < least) to--
  return sound.subarray(from, to)
}

export function silence(ms: number): Sound {
  return new Float32Array(Math.max(0, Math.round(ms * 8)))
}

export function joined(parts: readonly Sound[]): Sound {
  const result = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}

/** Root of the mean square of where there is sound. */
export function loudness(sound: Sound): number {
  const most = sound.reduce((value, sample) => Math.max(value, Math.abs(sample)), 0)
  let [sum, count] = [0, 0]
  for (const sample of sound) {
    if (Math.abs(sample) < most / 50) continue
    sum += sample ** 2
    count++
  }
  return count === 0 ? 0 : Math.sqrt(sum / count)
}

export function toSamples(sound: Sound): Int16Array {
  const samples = new Int16Array(sound.length)
  for (let index = 0; index < samples.length; index++)
    samples[index] = Math.max(-32_768, Math.min(32_767, Math.round((sound[index] ?? 0) * 32_767)))
  return samples
}
