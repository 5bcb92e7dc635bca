import { encodeWav } from '../embedded/protocols/rtp/wav.js'

const rate = 8_000
const beatMs = 500
/** Each chord is picked as eight notes, lowest first and back again, for two bars. */
const picking = [0, 1, 2, 3, 2, 1, 2, 1]
/** Hz. C, A minor, F, G, twice, and home: notes between 130 and 800 Hz, which telephones carry best. */
const chords: readonly (readonly [number, number, number, number])[] = [
  [130.81, 261.63, 329.63, 392.0],
  [220.0, 261.63, 329.63, 440.0],
  [174.61, 261.63, 349.23, 440.0],
  [196.0, 246.94, 293.66, 392.0],
  [164.81, 261.63, 392.0, 523.25],
  [220.0, 329.63, 440.0, 523.25],
  [174.61, 349.23, 440.0, 523.25],
  [196.0, 293.66, 392.0, 493.88],
]
/** Half full scale would drown a voice that follows it; this is a little below the prompts. */
const peak = 9_000
const decayMs = 900

/**
 * Patients' music on hold: a plain picked figure of our own, 32 s, which ends as it begins so that it can loop. 8 kHz, 16 bit, mono.
 * The same bytes every time.
 */
export function waitingMusic(): Buffer {
  const beat = (beatMs * rate) / 1_000
  const total = chords.length * picking.length * beat
  const sum = new Float64Array(total)
  chords.forEach((chord, bar) => {
    picking.forEach((voice, step) => pluck(sum, (bar * picking.length + step) * beat, chord[voice as 0 | 1 | 2 | 3]))
  })
  const loudest = sum.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  return encodeWav([Int16Array.from(sum, (sample) => Math.round((sample * peak) / loudest))], rate)
}

/** Adds one plucked note; its tail beyond the end is wrapped to the beginning, so that the loop has no seam. */
function pluck(sum: Float64Array, from: number, frequency: number): void {
  const length = (3 * decayMs * rate) / 1_000
  const attack = rate / 100
  for (let at = 0; at < length; at++) {
    const level = Math.min(1, at / attack) * Math.exp((-at * 1_000) / rate / decayMs)
    const phase = (2 * Math.PI * frequency * at) / rate
    const index = (from + at) % sum.length
    sum[index] = (sum[index] ?? 0) + level * (Math.sin(phase) + 0.35 * Math.sin(2 * phase) + 0.12 * Math.sin(3 * phase))
  }
}
