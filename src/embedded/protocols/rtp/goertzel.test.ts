import { expect, it } from 'vitest'
import { rootMeanSquare, toneAmplitude, toneShare } from './goertzel.js'
import { Oscillator } from './oscillator.js'

function sine(hz: number, amplitude: number, samples = 1600): Int16Array {
  const oscillator = new Oscillator(hz)
  return Int16Array.from({ length: samples }, () => Math.round(oscillator.next() * amplitude))
}

it('measures a tone at its frequency and not at another', () => {
  const samples = sine(1000, 8000)
  expect(toneAmplitude(samples, 1000)).toBeCloseTo(8000, -2)
  expect(toneAmplitude(samples, 1300)).toBeLessThan(100)
  expect(rootMeanSquare(samples)).toBeCloseTo(8000 / Math.SQRT2, -2)
  expect(toneShare(samples, 1000)).toBeGreaterThan(0.999)
  expect(toneShare(samples, 1100)).toBeLessThan(0.001)
})

it('shares two tones by their energy', () => {
  const low = sine(500, 9000)
  const both = sine(850, 3000).map((sample, index) => sample + (low[index] ?? 0))
  expect(toneShare(both, 500)).toBeCloseTo(0.9, 2)
  expect(toneShare(both, 850)).toBeCloseTo(0.1, 2)
})

it('finds nothing in silence and in no samples', () => {
  expect(toneShare(new Int16Array(800), 500)).toBe(0)
  expect(toneShare(new Int16Array(0), 500)).toBe(0)
})

it('keeps its amplitude over ten minutes', () => {
  const oscillator = new Oscillator(1633)
  let peak = 0
  for (let index = 0; index < 8000 * 600; index++) {
    const value = oscillator.next()
    if (index > 8000 * 599) peak = Math.max(peak, Math.abs(value))
  }
  expect(peak).toBeCloseTo(1, 5)
})
