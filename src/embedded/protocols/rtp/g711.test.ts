import { describe, expect, it } from 'vitest'
import {
  ALAW_TO_LINEAR,
  ALAW_TO_MULAW,
  decodeG711,
  encodeG711,
  LINEAR_TO_ALAW,
  LINEAR_TO_MULAW,
  mapOctets,
  MULAW_TO_ALAW,
  MULAW_TO_LINEAR,
} from './g711.js'

describe('G.711', () => {
  it.each([
    [0xff, 0],
    [0x7f, 0],
    [0x80, 32124],
    [0x00, -32124],
    [0xf0, 120],
    [0x8f, 16764],
  ])('mu-law %d is %d', (octet, sample) => {
    expect(MULAW_TO_LINEAR[octet]).toBe(sample)
  })

  it.each([
    [0xd5, 8],
    [0x55, -8],
    [0xaa, 32256],
    [0x2a, -32256],
    [0x80, 5504],
  ])('A-law %d is %d', (octet, sample) => {
    expect(ALAW_TO_LINEAR[octet]).toBe(sample)
  })

  it.each([
    ['mu-law', MULAW_TO_LINEAR, LINEAR_TO_MULAW],
    ['A-law', ALAW_TO_LINEAR, LINEAR_TO_ALAW],
  ])('%s: what was decoded encodes to the same level, and no sample has a nearer level', (_law, decode, encode) => {
    const levelOf = (sample: number) => decode[encode[sample & 0xffff] ?? 0] ?? 0
    expect(Array.from(decode, levelOf)).toEqual(Array.from(decode))
    const beaten: number[] = []
    for (let sample = -32768; sample <= 32767; sample += 7) {
      const error = Math.abs(sample - levelOf(sample))
      if (decode.some((level) => Math.abs(sample - level) < error)) beaten.push(sample)
    }
    expect(beaten).toEqual([])
  })

  it('exchanges the laws within one step, keeps silence silent and loud loud', () => {
    for (let octet = 0; octet < 256; octet++) {
      const mu = MULAW_TO_LINEAR[octet] ?? 0
      expect(Math.abs((ALAW_TO_LINEAR[MULAW_TO_ALAW[octet] ?? 0] ?? 0) - mu)).toBeLessThanOrEqual(Math.max(16, Math.abs(mu) / 16))
      const a = ALAW_TO_LINEAR[octet] ?? 0
      expect(Math.abs((MULAW_TO_LINEAR[ALAW_TO_MULAW[octet] ?? 0] ?? 0) - a)).toBeLessThanOrEqual(Math.max(16, Math.abs(a) / 16))
    }
  })

  it('works on stretches, strided and in place', () => {
    const samples = Int16Array.of(0, 1000, -1000, 32767, -32768)
    const octets = new Uint8Array(7)
    encodeG711(LINEAR_TO_ALAW, samples, 1, 4, octets, 2)
    const stereo = new Int16Array(8)
    decodeG711(ALAW_TO_LINEAR, octets, 2, 4, stereo, 1, 2)
    expect(Array.from(stereo)).toEqual([0, 1008, 0, -1008, 0, 32256, 0, -32256])
    mapOctets(ALAW_TO_MULAW, octets, 3, 4)
    expect(MULAW_TO_LINEAR[octets[3] ?? 0]).toBe(-988)
  })
})
