import { expect, test } from 'vitest'
import { PeakMeter, waveformSvg } from './waveform.js'

function sound(seconds: number, rate: number, loud: (second: number) => number): Float32Array {
  return Float32Array.from({ length: seconds * rate }, (_, index) => loud(index / rate) * (index % 2 === 0 ? 1 : -1))
}

test('peaks match the time and channel of loud sound, in whatever pieces it came', () => {
  const rate = 8_000
  const [left, right] = [sound(60, rate, (second) => (second < 30 ? 0.5 : 0)), sound(60, rate, (second) => (second < 30 ? 0 : 0.25))]
  const meter = new PeakMeter()
  for (let at = 0; at < left.length; at += 777) meter.add(left.subarray(at, at + 777), right.subarray(at, at + 777), rate)
  const waveform = meter.waveform()
  expect(waveform.seconds).toBe(60)
  expect(waveform.left).toHaveLength(480)
  expect([...new Set(waveform.left.slice(0, 239)), ...new Set(waveform.left.slice(241))]).toEqual([100, 0])
  expect([...new Set(waveform.right.slice(0, 239)), ...new Set(waveform.right.slice(241))]).toEqual([0, 50])
})

test('silence, and nothing at all, are drawn as a line', () => {
  expect(new PeakMeter().waveform()).toEqual({ seconds: 0, left: [], right: [] })
  const meter = new PeakMeter()
  meter.add(new Float32Array(800), new Float32Array(800), 8_000)
  expect(meter.waveform()).toEqual({ seconds: 0.1, left: [0, 0], right: [0, 0] })
  expect(waveformSvg(meter.waveform())).toContain('M240 39.5V40.5')
})
