import { ALAW_TO_LINEAR, LINEAR_TO_ALAW, LINEAR_TO_MULAW, MULAW_TO_LINEAR } from '../../../src/embedded/protocols/rtp/g711.js'

export type Law = 'PCMA' | 'PCMU'
export const payloadTypes: Readonly<Record<Law, number>> = { PCMU: 0, PCMA: 8 }

const keyTones: Readonly<Record<string, readonly [number, number]>> = {
  '1': [697, 1209],
  '2': [697, 1336],
  '3': [697, 1477],
  A: [697, 1633],
  '4': [770, 1209],
  '5': [770, 1336],
  '6': [770, 1477],
  B: [770, 1633],
  '7': [852, 1209],
  '8': [852, 1336],
  '9': [852, 1477],
  C: [852, 1633],
  '*': [941, 1209],
  '0': [941, 1336],
  '#': [941, 1477],
  D: [941, 1633],
}

/** The two frequencies of a key, Hz (ITU-T Q.23). */
export function tonesOf(key: string): readonly [number, number] {
  const tones = keyTones[key]
  if (tones === undefined) throw new Error(`no such key: ${key}`)
  return tones
}

/** 160 samples (20 ms) of the sum of the tones from sample `from` on; no tones: silence. */
export function frame(frequencies: readonly number[], from: number, amplitude = 8000): Int16Array {
  return Int16Array.from({ length: 160 }, (_, index) => {
    let sum = 0
    for (const frequency of frequencies) sum += Math.sin((2 * Math.PI * frequency * (from + index)) / 8000)
    return Math.round(sum * amplitude)
  })
}

export function encode(law: Law, samples: Int16Array): Buffer {
  const table = law === 'PCMU' ? LINEAR_TO_MULAW : LINEAR_TO_ALAW
  return Buffer.from(Uint8Array.from(samples, (sample) => table[sample & 0xffff]!))
}

export function decode(payloadType: number, payload: Uint8Array): Int16Array {
  const table = payloadType === 0 ? MULAW_TO_LINEAR : ALAW_TO_LINEAR
  return Int16Array.from(payload, (octet) => table[octet]!)
}

/** Amplitude of one frequency in the samples (Goertzel), 0 to 32767. */
export function amplitudeOf(frequency: number, samples: ArrayLike<number>, start = 0, end = samples.length): number {
  const turn = 2 * Math.cos((2 * Math.PI * frequency) / 8000)
  let before = 0
  let last = 0
  for (let index = start; index < end; index++) {
    const next = samples[index]! + turn * last - before
    before = last
    last = next
  }
  const power = last * last + before * before - turn * last * before
  return (2 * Math.sqrt(Math.max(0, power))) / (end - start)
}

/** Largest sample, absolute. */
export function peak(samples: ArrayLike<number>): number {
  let most = 0
  for (let index = 0; index < samples.length; index++) most = Math.max(most, Math.abs(samples[index]!))
  return most
}
