import { describe, expect, it } from 'vitest'
import { rootMeanSquare, toneAmplitude, toneShare } from './goertzel.js'
import { amplitudeOf } from './level.js'
import { parseToneStream, ToneStream, ToneSyntaxError } from './tone-stream.js'

/** The first `ms` of it, asked for in 20 ms frames. */
function render(text: string, ms: number): Int16Array {
  const stream = new ToneStream(text)
  const samples = new Int16Array(ms * 8)
  let at = 0
  while (at < samples.length) {
    const count = Math.min(160, samples.length - at)
    const done = stream.read(samples, at, count)
    at += done
    if (done < count) break
  }
  return samples.subarray(0, at)
}

const part = (samples: Int16Array, fromMs: number, toMs: number) => samples.subarray(fromMs * 8, toMs * 8)

describe('the tone language', () => {
  it('plays the UK ringing tone: 400 and 450 Hz, 0.4 on, 0.2 off, 0.4 on, 2 off, for ever', () => {
    const samples = render('%(400,200,400,450);%(400,2000,400,450);loops=-1', 9000)
    expect(samples.length).toBe(72_000)
    for (const cycle of [0, 3000, 6000]) {
      for (const on of [0, 600]) {
        const tone = part(samples, cycle + on, cycle + on + 400)
        expect(toneShare(tone, 400)).toBeCloseTo(0.5, 1)
        expect(toneShare(tone, 450)).toBeCloseTo(0.5, 1)
      }
      expect(rootMeanSquare(part(samples, cycle + 400, cycle + 600))).toBe(0)
      expect(rootMeanSquare(part(samples, cycle + 1000, cycle + 3000))).toBe(0)
    }
  })

  it.each([
    ['%(1000,0,880)', 1000],
    ['%(300,100,880)', 400],
    ['%(100,0,880);loops=3', 300],
    ['l=4;%(100,0,880)%(50,0,500)', 450],
    ['L=2;%(100,50,880)', 300],
    ['d=100;w=20;12', 240],
    ['1(70,30)', 100],
    ['%(0,250,440)', 250],
    ['v=-10; %( 100 , 0 , 880 ) ', 100],
    ['c=1;r=8000;%(100,0,880)', 100],
  ])('%s lasts %d ms', (text, ms) => {
    expect(render(text, 60_000).length).toBe(ms * 8)
  })

  it('plays keys as their two tones, and chords with the level shared', () => {
    const key = render('v=-7;5(200,0)', 1000)
    expect(toneAmplitude(key, 770)).toBeCloseTo(amplitudeOf(-7) / 2, -2)
    expect(toneAmplitude(key, 1336)).toBeCloseTo(amplitudeOf(-7) / 2, -2)
    expect(toneAmplitude(render('v=-20;%(200,0,1000)', 1000), 1000)).toBeCloseTo(amplitudeOf(-20), -1)
    expect(toneAmplitude(render('v=12;%(200,0,1000)', 1000), 1000)).toBeCloseTo(amplitudeOf(-7), -2)
  })

  it('fades', () => {
    const falling = render('>=100;+=6;%(500,0,1000)', 1000)
    expect(rootMeanSquare(part(falling, 0, 90)) / rootMeanSquare(part(falling, 410, 490))).toBeGreaterThan(10)
    const rising = render('v=-40;<=100;+=6;%(500,0,1000)', 1000)
    expect(rootMeanSquare(part(rising, 410, 490)) / rootMeanSquare(part(rising, 0, 90))).toBeGreaterThan(10)
  })

  it.each([
    '',
    ';',
    'loops=-1',
    '%',
    '%(',
    '%(100)',
    '%(100,0)',
    '%(a,0,440)',
    '%(100,0,-440)',
    'hello',
    '1(5)',
    'v=loud',
    `%(1,1${',440'.repeat(19)})`,
  ])('refuses %j', (text) => {
    expect(() => parseToneStream(text)).toThrow(ToneSyntaxError)
  })

  it('ends at once when it has no length, even if endless', () => {
    expect(render('%(0,0,440);loops=-1', 1000).length).toBe(0)
    expect(render('l=-1;%(0,0,440)%(100,0,440)', 1000).length).toBe(800)
  })

  it('costs nothing ahead: a thousand hours begin at once', () => {
    expect(render('%(3600000,0,440);loops=1000', 100).length).toBe(800)
  })
})
