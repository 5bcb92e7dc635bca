import { ALAW_SILENCE, encodeG711, LINEAR_TO_ALAW, LINEAR_TO_MULAW, MULAW_SILENCE } from '../protocols/rtp/g711.js'
import { amplitudeOf } from '../protocols/rtp/level.js'
import { Oscillator } from '../protocols/rtp/oscillator.js'
import type { AudioCodec } from '../protocols/sdp/offer-answer.js'

/** 20 ms at 8 kHz. */
export const FRAME_SAMPLES = 160
const RATE = 8000
/** Speech level of a telephone: well heard, never clipped when two are mixed. */
const TONE_DBM0 = -13

/** G.711 frames that repeat: a tone, or silence. Shared by all phones that say the same. */
const loops = new Map<string, Buffer>()

/**
 * The frames of a steady tone in one law, as one buffer of whole 20 ms frames after which the tone is where it began.
 * @param frequencyHz whole number; 0: silence
 */
export function toneLoop(frequencyHz: number, codec: AudioCodec): Buffer {
  const key = `${codec} ${frequencyHz}`
  let loop = loops.get(key)
  if (loop === undefined) {
    loop =
      frequencyHz === 0
        ? Buffer.alloc(FRAME_SAMPLES, codec === 'PCMA' ? ALAW_SILENCE : MULAW_SILENCE)
        : encoded(tone(frequencyHz, loopFrames(frequencyHz) * FRAME_SAMPLES), codec)
    loops.set(key, loop)
  }
  return loop
}

/** Fewest frames that hold a whole number of periods: at most 50 (one second) for a whole number of hertz. */
function loopFrames(frequencyHz: number): number {
  for (let frames = 1; frames < 50; frames++) if ((frequencyHz * frames) % 50 === 0) return frames
  return 50
}

/** A sine of that many samples. */
export function tone(frequencyHz: number, samples: number, dbm0 = TONE_DBM0): Int16Array {
  const oscillator = new Oscillator(frequencyHz, RATE)
  const amplitude = amplitudeOf(dbm0)
  return Int16Array.from({ length: samples }, () => Math.round(oscillator.next() * amplitude))
}

/** Samples in one law, padded with silence to whole frames. */
export function encoded(samples: Int16Array, codec: AudioCodec): Buffer {
  const frames = Math.ceil(samples.length / FRAME_SAMPLES)
  const bytes = Buffer.alloc(frames * FRAME_SAMPLES, codec === 'PCMA' ? ALAW_SILENCE : MULAW_SILENCE)
  encodeG711(codec === 'PCMA' ? LINEAR_TO_ALAW : LINEAR_TO_MULAW, samples, 0, samples.length, bytes)
  return bytes
}

/**
 * A substitute for a voice: bursts of buzz with the rhythm of syllables and pauses between sentences. Loud enough to be
 * taken for speech, with no pure tone in it. The same for the same seed.
 */
export function babble(ms: number, seed = 1): Int16Array {
  const samples = new Int16Array(Math.round((ms * RATE) / 1000))
  let state = seed >>> 0
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  let at = 0
  while (at < samples.length) {
    const length = Math.round(RATE * (0.08 + 0.14 * random()))
    const pitch = 90 + 60 * random()
    const brightness = 3 + Math.floor(random() * 6)
    for (let i = 0; i < length && at + i < samples.length; i++) {
      const envelope = Math.sin((Math.PI * i) / length)
      let value = 0
      for (let harmonic = 1; harmonic <= brightness; harmonic++) value += Math.sin((2 * Math.PI * pitch * harmonic * i) / RATE) / harmonic
      samples[at + i] = Math.round(envelope * (value + 0.3 * (random() - 0.5)) * 5000)
    }
    at += length + Math.round(RATE * (random() < 0.12 ? 0.3 : 0.03))
  }
  return samples
}
