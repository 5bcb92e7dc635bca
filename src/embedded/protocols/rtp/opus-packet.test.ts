import fc from 'fast-check'
import { expect, test } from 'vitest'
import { opusSamples } from './opus-packet.js'

const samples = (...bytes: readonly number[]) => opusSamples(Uint8Array.from(bytes), 0, bytes.length)
const zeros = (count: number) => Array<number>(count).fill(0)
const toc = (configuration: number, code: number) => (configuration << 3) | code

test.each([
  [0, 80],
  [3, 480],
  [8, 80],
  [11, 480],
  [12, 80],
  [13, 160],
  [16, 20],
  [28, 20],
  [31, 160],
])('configuration %d: a frame is %d samples long', (configuration, expected) => {
  expect(samples(toc(configuration, 0), 1, 2)).toBe(expected)
  expect(samples(toc(configuration, 1), 1, 2)).toBe(2 * expected)
})

test.each([
  ['nothing', []],
  ['two frames of one length in an odd number of bytes', [toc(31, 1), 1, 2, 3]],
  ['two frames without a length', [toc(31, 2)]],
  ['a first frame that is longer than the packet', [toc(31, 2), 9, 1]],
  ['a length of two bytes of which one is missing', [toc(31, 2), 252]],
  ['several frames, and not how many', [toc(31, 3)]],
  ['no frame', [toc(31, 3), 0]],
  ['more than 120 ms', [toc(31, 3), 7, ...zeros(7)]],
  ['padding that is longer than the packet', [toc(31, 3), 0x41, 5, 0]],
  ['three frames of one length that do not come out even', [toc(31, 3), 3, ...zeros(4)]],
  ['a frame that is too long', [toc(31, 0), ...zeros(1276)]],
])('is none: %s', (_, bytes) => {
  expect(samples(...bytes)).toBeUndefined()
})

test('several frames, with their lengths or without, with padding or without', () => {
  expect(samples(toc(31, 2), 1, 7, 8, 9)).toBe(320)
  expect(samples(toc(31, 3), 6, ...zeros(6))).toBe(960)
  expect(samples(toc(31, 3), 0x80 | 2, 1, 7, 8)).toBe(320)
  expect(samples(toc(31, 3), 0x40 | 2, 2, 7, 8, 0, 0)).toBe(320)
  expect(samples(toc(31, 3), 0x41, 255, 0, 7, ...zeros(254))).toBe(160)
})

test('whatever comes is a packet of 2.5 to 120 ms, or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const found = opusSamples(bytes, 0, bytes.length)
      expect(found === undefined || (found >= 20 && found <= 960)).toBe(true)
    }),
  )
})
