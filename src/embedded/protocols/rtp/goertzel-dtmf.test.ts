import { describe, expect, it } from 'vitest'
import { DTMF_GRID, dtmfTone, type DtmfToneOptions } from './dtmf-tones.js'
import { GoertzelDtmf, type HeardTone } from './goertzel-dtmf.js'
import { amplitudeOf } from './level.js'
import { Oscillator } from './oscillator.js'

/** A fixed series of random numbers 0..1. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** The keys heard in these tones with noise at `snrDb` below them, beginning anywhere within a block. */
function hear(digits: string, options: DtmfToneOptions, snrDb = 60, gapMs = 60): HeardTone[] {
  const random = dice(digits.length * 7919 + Math.round(snrDb * 31 + (options.detune ?? 0) * 1e5 + (options.twistDb ?? 0) * 13))
  const heard: HeardTone[] = []
  const detector = new GoertzelDtmf((tone) => heard.push(tone))
  for (const digit of digits) {
    const tone = dtmfTone(digit, options)
    const power = tone.reduce((sum, sample) => sum + sample * sample, 0) / tone.length
    const noise = Math.sqrt(power / 10 ** (snrDb / 10))
    const lead = 200 + Math.floor(random() * 150)
    const audio = new Float64Array(lead + tone.length + gapMs * 8)
    audio.set(tone, lead)
    detector.push(audio.map((sample) => Math.round(sample + noise * gauss(random))))
  }
  detector.flush()
  return heard
}

const keys = (heard: readonly HeardTone[]) => heard.map((tone) => tone.digit).join('')
const all = DTMF_GRID.repeat(5)

describe('DTMF in the audio', () => {
  it.each([
    ['clean', {}, 60],
    ['at 20 dB over noise', {}, 20],
    ['at 15 dB over noise', {}, 15],
    ['1.5 % too high', { detune: 0.015 }, 60],
    ['1.5 % too low', { detune: -0.015 }, 60],
    ['1.5 % too high at 15 dB', { detune: 0.015 }, 15],
    ['1.5 % too low at 15 dB', { detune: -0.015 }, 15],
    ['high tone 4 dB stronger', { twistDb: 4 }, 20],
    ['high tone 8 dB weaker', { twistDb: -8 }, 20],
    ['as loud as can be', { lowDbm0: -3, twistDb: 0 }, 60],
    ['at -25 dBm0', { lowDbm0: -25, twistDb: 0 }, 40],
  ])('every key of 40 ms is heard once: %s', (_what, options: Partial<DtmfToneOptions>, snr) => {
    expect(keys(hear(all, { durationMs: 40, ...options }, snr))).toBe(all)
  })

  it.each([
    ['3.5 % too high', { detune: 0.035 }],
    ['3.5 % too low', { detune: -0.035 }],
    ['high tone 10 dB stronger', { twistDb: 10 }],
    ['high tone 13 dB weaker', { twistDb: -13 }],
    ['at -40 dBm0', { lowDbm0: -40, twistDb: 0 }],
    ['15 ms long', { durationMs: 15 }],
  ])('is not heard: %s', (_what, options) => {
    expect(keys(hear(all, { durationMs: 80, ...options }))).toBe('')
  })

  it('tells how long a key was held, and holds it through a hole of 10 ms', () => {
    expect(Math.abs((hear('5', { durationMs: 250 })[0]?.durationMs ?? 0) - 250)).toBeLessThanOrEqual(20)
    const tone = dtmfTone('5', { durationMs: 250 }).fill(0, 800, 880)
    const heard: HeardTone[] = []
    const detector = new GoertzelDtmf((one) => heard.push(one))
    detector.push(tone)
    detector.flush()
    expect(keys(heard)).toBe('5')
  })

  it('hears two presses of one key 40 ms apart as two', () => {
    expect(keys(hear('55', { durationMs: 60 }, 30, 20))).toBe('55')
  })

  it('hears a key the same however the audio is cut into portions', () => {
    const audio = new Int16Array(1200)
    audio.set(dtmfTone('D', { durationMs: 100 }), 211)
    for (const size of [1, 7, 80, 160, 1200]) {
      const heard: HeardTone[] = []
      const detector = new GoertzelDtmf((tone) => heard.push(tone))
      for (let at = 0; at < audio.length; at += size) detector.push(audio.subarray(at, at + size))
      detector.flush()
      expect(keys(heard)).toBe('D')
    }
  })

  it('hears nothing in a minute of voices: gliding harmonics under moving formants, breath and pauses', () => {
    const random = dice(42)
    const heard: HeardTone[] = []
    const detector = new GoertzelDtmf((tone) => heard.push(tone))
    let seconds = 0
    while (seconds < 60) {
      const length = Math.round(8000 * (0.08 + random() * 0.4))
      detector.push(syllable(length, random))
      detector.push(Float64Array.from({ length: Math.round(8000 * 0.15 * random()) }, () => 30 * gauss(random)))
      seconds += length / 8000
    }
    expect(keys(heard)).toBe('')
  })

  it('hears nothing in single tones, chords of the telephone network and white noise', () => {
    const heard: HeardTone[] = []
    const detector = new GoertzelDtmf((tone) => heard.push(tone))
    for (const chord of [[697], [1209], [400, 450], [350, 440], [440, 480], [480, 620], [697, 770], [1209, 1336], [950, 1400, 1800]]) {
      const oscillators = chord.map((hz) => new Oscillator(hz))
      const amplitude = amplitudeOf(-10)
      detector.push(Float64Array.from({ length: 8000 }, () => oscillators.reduce((sum, one) => sum + one.next() * amplitude, 0)))
    }
    const random = dice(3)
    detector.push(Float64Array.from({ length: 80_000 }, () => 3000 * gauss(random)))
    detector.flush()
    expect(keys(heard)).toBe('')
  })
})

/** A voiced sound: harmonics of a gliding pitch, weighted by three formants that move. */
function syllable(length: number, random: () => number): Float64Array {
  const pitch = 80 + random() * 220
  const glide = (random() - 0.5) * 60
  const formants = [300 + random() * 600, 900 + random() * 1400, 2200 + random() * 900].map((hz) => ({
    hz,
    drift: (random() - 0.5) * 400,
    width: 60 + random() * 120,
  }))
  const samples = new Float64Array(length)
  for (let harmonic = 1; harmonic * pitch < 3600; harmonic++) {
    let phase = random() * 2 * Math.PI
    for (let index = 0; index < length; index++) {
      const share = index / length
      const hz = harmonic * (pitch + glide * share)
      phase += (2 * Math.PI * hz) / 8000
      let weight = 0
      for (const formant of formants) weight += 1 / (1 + ((hz - formant.hz - formant.drift * share) / formant.width) ** 2)
      samples[index] = (samples[index] ?? 0) + 4000 * weight * Math.sin(Math.PI * share) * Math.sin(phase)
    }
  }
  return samples.map((sample) => sample + 40 * gauss(random))
}
