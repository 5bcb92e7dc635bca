import { ALAW_TO_LINEAR, LINEAR_TO_ALAW, LINEAR_TO_MULAW, MULAW_TO_LINEAR } from '../../src/embedded/protocols/rtp/g711.js'
import type { Chance } from './chance.js'
import { loudness, toSamples, type Sound } from './sound.js'

export type NoiseKind = 'white' | 'pink' | 'hum' | 'ward' | 'voices'

/** What lies between a mouth and us. */
export interface Line {
  /** Loudness of the voice, as root of the mean square, dB of full scale. */
  readonly voiceDb: number
  readonly noise: NoiseKind
  /** Voice above noise, dB. */
  readonly snrDb: number
  /** Tilt of the telephone's microphone, dB from 300 to 3,400 Hz. */
  readonly tiltDb: number
  /** Time in which the room's echo falls by 60 dB, ms; 0: none. */
  readonly roomMs: number
  /** Loudness of the echo under the voice, dB. */
  readonly roomDb: number
  readonly law: 'alaw' | 'mulaw'
  /** Share of packets of 20 ms that do not arrive. */
  readonly loss: number
}

export function anyLine(chance: Chance, snr: { readonly least: number; readonly most: number } = { least: 6, most: 45 }): Line {
  return {
    voiceDb: chance.between(-36, -14),
    noise: chance.one(['white', 'pink', 'pink', 'hum', 'ward', 'ward', 'voices']),
    snrDb: chance.between(snr.least, snr.most),
    tiltDb: chance.between(-10, 10),
    roomMs: chance.happens(0.4) ? chance.between(120, 500) : 0,
    roomDb: chance.between(-14, -4),
    law: chance.one(['alaw', 'mulaw']),
    loss: chance.happens(0.25) ? chance.between(0.005, 0.04) : 0,
  }
}

/** What arrives of a voice. @param others voices for the background, where the noise is `voices` */
export function overLine(voice: Sound, line: Line, chance: Chance, others: readonly Sound[] = []): Int16Array {
  const sound = line.roomMs > 0 ? inRoom(voice, line, chance) : voice.slice()
  const gain = 10 ** (line.voiceDb / 20) / (loudness(sound) || 1)
  const noise = noiseOf(line.noise, sound.length, chance, others)
  const noiseGain = 10 ** ((line.voiceDb - line.snrDb) / 20) / (rms(noise) || 1)
  for (let index = 0; index < sound.length; index++) sound[index] = (sound[index] ?? 0) * gain + (noise[index] ?? 0) * noiseGain
  telephoneBand(sound, line.tiltDb)
  const [encode, decode] = line.law === 'alaw' ? [LINEAR_TO_ALAW, ALAW_TO_LINEAR] : [LINEAR_TO_MULAW, MULAW_TO_LINEAR]
  const samples = toSamples(sound)
  for (let index = 0; index < samples.length; index++) samples[index] = decode[encode[(samples[index] ?? 0) & 0xffff] ?? 0] ?? 0
  if (line.loss > 0) lose(samples, line.loss, chance)
  return samples
}

function rms(sound: Sound): number {
  return Math.sqrt(sound.reduce((sum, value) => sum + value ** 2, 0) / Math.max(1, sound.length))
}

/** An echo that dies away: some reflections under an exponential. */
function inRoom(voice: Sound, { roomMs, roomDb }: Line, chance: Chance): Sound {
  const taps = Array.from({ length: 40 }, () => {
    const ms = chance.between(4, roomMs)
    return { delay: Math.round(ms * 8), gain: chance.normal() * 10 ** ((-3 * ms) / roomMs) }
  })
  const energy = Math.sqrt(taps.reduce((sum, { gain }) => sum + gain ** 2, 0)) || 1
  const factor = 10 ** (roomDb / 20) / energy
  const result = voice.slice()
  for (const { delay, gain } of taps)
    for (let index = delay; index < voice.length; index++)
      result[index] = (result[index] ?? 0) + (voice[index - delay] ?? 0) * gain * factor
  return result
}

function noiseOf(kind: NoiseKind, length: number, chance: Chance, others: readonly Sound[]): Sound {
  const sound = new Float32Array(length)
  switch (kind) {
    case 'white':
      return sound.map(() => chance.normal())
    case 'pink':
      return pink(sound, chance)
    case 'hum': {
      const hz = chance.one([50, 60, 100])
      return pink(sound, chance).map(
        (value, index) => value + 2 * Math.sin((2 * Math.PI * hz * 3 * index) / 8_000) + Math.sin((2 * Math.PI * hz * 5 * index) / 8_000),
      )
    }
    case 'ward': {
      // Trolleys, doors, air: noise whose loudness wanders.
      let level = 1
      return pink(sound, chance).map((value, index) => {
        if (index % 400 === 0) level = Math.max(0.4, Math.min(2.2, level + 0.35 * chance.normal()))
        return value * level
      })
    }
    case 'voices': {
      if (others.length === 0) return pink(sound, chance)
      for (let voice = 0; voice < 6; voice++) {
        let at = chance.whole(-8_000, 0)
        while (at < length) {
          const one = chance.one(others)
          for (let index = Math.max(0, -at); index < one.length && at + index < length; index++)
            sound[at + index] = (sound[at + index] ?? 0) + (one[index] ?? 0)
          at += one.length + chance.whole(0, 4_000)
        }
      }
      return sound
    }
  }
}

function pink(sound: Sound, chance: Chance): Sound {
  let [slow, middle] = [0, 0]
  return sound.map(() => {
    const value = chance.normal()
    slow = 0.97 * slow + 0.25 * value
    middle = 0.75 * middle + 0.35 * value
    return slow + middle + 0.2 * value
  })
}

/** 300 to 3,400 Hz, and a tilt in between. */
function telephoneBand(sound: Sound, tiltDb: number): void {
  for (let time = 0; time < 2; time++) biquad(sound, highPass(280, time === 0 ? 0.54 : 1.3))
  for (let time = 0; time < 2; time++) biquad(sound, lowPass(3_450, time === 0 ? 0.54 : 1.3))
  const slope = Math.max(-0.6, Math.min(0.6, tiltDb / 20))
  let before = 0
  for (let index = 0; index < sound.length; index++) {
    const value = sound[index] ?? 0
    sound[index] = (value - slope * before) / (1 + Math.abs(slope) / 2)
    before = value
  }
}

type Coefficients = readonly [b0: number, b1: number, b2: number, a1: number, a2: number]

function highPass(hz: number, q: number): Coefficients {
  const [cosine, alpha] = [Math.cos((2 * Math.PI * hz) / 8_000), Math.sin((2 * Math.PI * hz) / 8_000) / (2 * q)]
  const a0 = 1 + alpha
  return [(1 + cosine) / 2 / a0, -(1 + cosine) / a0, (1 + cosine) / 2 / a0, (-2 * cosine) / a0, (1 - alpha) / a0]
}

function lowPass(hz: number, q: number): Coefficients {
  const [cosine, alpha] = [Math.cos((2 * Math.PI * hz) / 8_000), Math.sin((2 * Math.PI * hz) / 8_000) / (2 * q)]
  const a0 = 1 + alpha
  return [(1 - cosine) / 2 / a0, (1 - cosine) / a0, (1 - cosine) / 2 / a0, (-2 * cosine) / a0, (1 - alpha) / a0]
}

function biquad(sound: Sound, [b0, b1, b2, a1, a2]: Coefficients): void {
  let x1 = 0
  let x2 = 0
  let y1 = 0
  let y2 = 0
  for (let index = 0; index < sound.length; index++) {
    const x = sound[index] ?? 0
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
    x2 = x1
    x1 = x
    y2 = y1
    y1 = y
    sound[index] = y
  }
}

/** Packets that do not arrive: the one before is repeated, more quietly each time. */
function lose(samples: Int16Array, share: number, chance: Chance): void {
  let run = 0
  for (let from = 160; from + 160 <= samples.length; from += 160) {
    run = chance.happens(run > 0 ? 0.35 : share) ? run + 1 : 0
    if (run > 0)
      for (let index = from; index < from + 160; index++) samples[index] = run > 3 ? 0 : Math.round((samples[index - 160] ?? 0) * 0.7)
  }
}
