import { resample } from '../embedded/protocols/rtp/resample.js'
import { decodeWav, encodeWav, pickChannel } from '../embedded/protocols/rtp/wav.js'

const telephoneRate = 8_000
/** Speech peaks here, well below full scale: loud enough on a ward, without clipping in G.711. */
const peak = 32_767 * 10 ** (-3 / 20)
/** Quieter than this, below the peak, is silence: engines put a quarter of a second of it at both ends, and the specialist waits through it. */
const silenceBelowPeak = 10 ** (-40 / 20)
/** The silence kept after the words, so that they do not run into each other. None is kept before them: the listener would wait through each packet of it. */
const tailMs = 120
/** The first samples rise from nothing, so that words do not begin with a click. */
const riseMs = 2

/**
 * Converts any WAV file for the telephone: 8 kHz, 16 bit, mono, at an even level, trimmed close to the words.
 * @throws WavError when it is not a WAV file; Error when it is all silence
 */
export function toTelephoneWav(file: Uint8Array): Buffer {
  const { channels, rate } = decodeWav(file)
  const first = channels[0] ?? new Int16Array()
  const mono = channels.length < 2 ? first : pickChannel(interleave(channels), channels.length)
  const samples = resample(mono, rate, telephoneRate)
  let loudest = 0
  for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample))
  if (loudest < 100) throw new Error('there is nothing but silence in it')
  const floor = loudest * silenceBelowPeak
  const begin = samples.findIndex((sample) => Math.abs(sample) > floor)
  const end = samples.findLastIndex((sample) => Math.abs(sample) > floor)
  const rise = (riseMs * telephoneRate) / 1_000
  const from = Math.max(0, begin - rise)
  const trimmed = samples.subarray(from, Math.min(samples.length, end + (tailMs * telephoneRate) / 1_000))
  const gain = (index: number) => (peak / loudest) * (from === 0 ? 1 : Math.min(1, (index + 1) / rise))
  return encodeWav([trimmed.map((sample, index) => Math.round(sample * gain(index)))], telephoneRate)
}

function interleave(channels: readonly Int16Array[]): Int16Array {
  const length = channels[0]?.length ?? 0
  const all = new Int16Array(length * channels.length)
  channels.forEach((channel, index) => {
    for (let at = 0; at < length; at += 1) all[at * channels.length + index] = channel[at] ?? 0
  })
  return all
}
