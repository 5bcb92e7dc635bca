import { amplitudeOf } from './level.js'
import { Oscillator } from './oscillator.js'

/** DTMF frequencies, ITU-T Q.23. */
export const DTMF_LOW_HZ = [697, 770, 852, 941] as const
export const DTMF_HIGH_HZ = [1209, 1336, 1477, 1633] as const
/** Key at row `low` and column `high`: index `low * 4 + high`. */
export const DTMF_GRID = '123A456B789C*0#D'

/** The two frequencies of a key. @throws TypeError for any other text */
export function dtmfFrequencies(digit: string): readonly [lowHz: number, highHz: number] {
  const at = digit.length === 1 ? DTMF_GRID.indexOf(digit.toUpperCase()) : -1
  const low = DTMF_LOW_HZ[at >> 2]
  const high = DTMF_HIGH_HZ[at & 3]
  if (at < 0 || low === undefined || high === undefined) throw new TypeError(`not a key: ${JSON.stringify(digit)}`)
  return [low, high]
}

export interface DtmfToneOptions {
  readonly durationMs: number
  /** Level of the low tone, dBm0. Default -9. */
  readonly lowDbm0?: number
  /** How much stronger the high tone is, dB. Default 2, to make up for the line's loss at high frequencies. */
  readonly twistDb?: number
  /** Both frequencies off by this share (0.015: 1.5 % too high), for tests. */
  readonly detune?: number
  readonly rate?: number
}

/** The tones of one key, 16-bit linear. @throws TypeError when it is not a key */
export function dtmfTone(digit: string, options: DtmfToneOptions): Int16Array {
  const { durationMs, lowDbm0 = -9, twistDb = 2, detune = 0, rate = 8000 } = options
  const [lowHz, highHz] = dtmfFrequencies(digit)
  const low = new Oscillator(lowHz * (1 + detune), rate)
  const high = new Oscillator(highHz * (1 + detune), rate)
  const lowAmplitude = amplitudeOf(lowDbm0)
  const highAmplitude = amplitudeOf(lowDbm0 + twistDb)
  const samples = new Int16Array(Math.round((durationMs * rate) / 1000))
  for (let index = 0; index < samples.length; index++) {
    samples[index] = Math.max(-32768, Math.min(32767, Math.round(low.next() * lowAmplitude + high.next() * highAmplitude)))
  }
  return samples
}
