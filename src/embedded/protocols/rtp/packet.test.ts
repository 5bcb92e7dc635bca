import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildRtp, emptyRtpHeader, parseRtp, readRtpHeader, sequenceDistance, timestampDistance } from './packet.js'

const packet = {
  marker: true,
  payloadType: 8,
  sequence: 0xfffe,
  timestamp: 0xfffffff0,
  ssrc: 0xdeadbeef,
  payload: Buffer.from([1, 2, 3, 4]),
}

describe('an RTP packet', () => {
  it('reads back as it was built', () => {
    fc.assert(
      fc.property(
        fc.record({
          marker: fc.boolean(),
          payloadType: fc.integer({ min: 0, max: 71 }),
          sequence: fc.integer({ min: 0, max: 0xffff }),
          timestamp: fc.integer({ min: 0, max: 0xffffffff }),
          ssrc: fc.integer({ min: 0, max: 0xffffffff }),
          payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        }),
        (one) => {
          expect(parseRtp(buildRtp(one))).toEqual(one)
        },
      ),
    )
  })

  it('is read past contributors, a header extension and padding', () => {
    const plain = buildRtp(packet)
    const contributors = Buffer.alloc(8, 7)
    const extension = Buffer.from([0xbe, 0xde, 0, 1, 9, 9, 9, 9])
    const full = Buffer.concat([plain.subarray(0, 12), contributors, extension, plain.subarray(12), Buffer.from([0, 0, 3])])
    full[0] = 0x80 | 0x20 | 0x10 | 2
    expect(parseRtp(full)).toEqual(packet)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['eleven bytes', buildRtp(packet).subarray(0, 11)],
    ['version 1', Buffer.concat([Buffer.from([0x40]), buildRtp(packet).subarray(1)])],
    ['an RTCP sender report', Buffer.from([0x80, 200, 0, 6, ...Array<number>(24).fill(0)])],
    ['more contributors than bytes', Buffer.concat([Buffer.from([0x8f]), buildRtp(packet).subarray(1)])],
    ['an extension that is cut off', Buffer.concat([Buffer.from([0x90]), buildRtp(packet).subarray(1, 14)])],
    [
      'an extension longer than the packet',
      Buffer.concat([Buffer.from([0x90]), buildRtp(packet).subarray(1, 12), Buffer.from([0, 0, 0xff, 0xff])]),
    ],
    ['padding of no bytes', Buffer.concat([Buffer.from([0xa0]), buildRtp(packet).subarray(1, 12), Buffer.from([0])])],
    ['more padding than packet', Buffer.concat([Buffer.from([0xa0]), buildRtp(packet).subarray(1, 12), Buffer.from([200])])],
  ])('is not seen in %s', (_what, data) => {
    expect(parseRtp(data)).toBeUndefined()
  })

  it('never throws on noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        const parsed = parseRtp(noise)
        expect(parsed === undefined || parsed.payload.length <= noise.length - 12).toBe(true)
      }),
    )
  })
})

it.each([
  [1, 0, 1],
  [0, 0xffff, 1],
  [0xffff, 0, -1],
  [0x8000, 0, -32768],
])('sequence number %d is %d plus %d on the circle', (a, b, distance) => {
  expect(sequenceDistance(a, b)).toBe(distance)
})

it('timestamps are compared on the circle', () => {
  expect(timestampDistance(5, 0xfffffffb)).toBe(10)
  expect(timestampDistance(0xfffffffb, 5)).toBe(-10)
})

describe('a datagram that is no RTP packet, by a hair', () => {
  const datagram = (bytes: number, first = 0x80, second = 0) => {
    const data = new Uint8Array(bytes)
    data[0] = first
    data[1] = second
    return data
  }

  it.each([
    ['a header and nothing else', datagram(12), true],
    ['a byte less than a header', datagram(11), false],
    ['an RTCP type', datagram(12, 0x80, 204), false],
    ['the types beside those of RTCP', datagram(12, 0x80, 205), true],
    ['an extension that just fits', datagram(16, 0x90), true],
    ['an extension whose length is cut off', datagram(15, 0x90), false],
    ['an extension behind more sources than there are', datagram(16, 0x91), false],
  ])('%s', (_what, data, is) => {
    expect(readRtpHeader(data, emptyRtpHeader())).toBe(is)
  })
})
