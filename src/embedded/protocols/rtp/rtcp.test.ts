import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildGoodbye, buildReceiverReport, buildSenderReport, buildSourceDescription, parseRtcp, type ReportBlock } from './rtcp.js'

const block: ReportBlock = {
  ssrc: 7,
  fractionLost: 0.25,
  cumulativeLost: -3,
  highestSequence: 0x12345,
  jitter: 17,
  lastSenderReport: 0xaabbccdd,
  delaySinceLast: 65536,
}

describe('RTCP', () => {
  it('reads back a compound of every kind', () => {
    const sender = { wallClockMs: 1_795_000_000_250, timestamp: 0xfffffff0, packets: 500, octets: 80_000 }
    const compound = Buffer.concat([
      buildSenderReport(1, sender, [block]),
      buildReceiverReport(2, [block, block]),
      buildSourceDescription(3, 'abcé'),
      buildGoodbye(4, 'done'),
      buildGoodbye(5),
    ])
    const packets = parseRtcp(compound)
    expect(packets).toMatchObject([
      { kind: 'senderReport', ssrc: 1, reports: [block] },
      { kind: 'receiverReport', ssrc: 2, reports: [block, block] },
      { kind: 'sourceDescription', chunks: [{ ssrc: 3, cname: 'abcé' }] },
      { kind: 'goodbye', ssrcs: [4], reason: 'done' },
      { kind: 'goodbye', ssrcs: [5], reason: '' },
    ])
    const first = packets?.[0]
    if (first?.kind !== 'senderReport') throw new Error('no sender report')
    expect(first.sender.wallClockMs).toBeCloseTo(sender.wallClockMs, 0)
    expect(first.sender).toMatchObject({ timestamp: 0xfffffff0, packets: 500, octets: 80_000 })
  })

  it.each(['', 'a', 'ab', 'abc', 'abcd', 'x'.repeat(255)])('keeps a name of any length on its boundary (%#)', (cname) => {
    const data = buildSourceDescription(9, cname)
    expect(data.length % 4).toBe(0)
    expect(parseRtcp(Buffer.concat([data, buildGoodbye(9)]))).toMatchObject([{ chunks: [{ ssrc: 9, cname }] }, { kind: 'goodbye' }])
  })

  it('passes over packet types that it does not know', () => {
    expect(parseRtcp(Buffer.from([0x80, 204, 0, 0]))).toEqual([{ kind: 'other', packetType: 204 }])
  })

  it('drops a compound that is cut off anywhere, and never throws on noise', () => {
    const whole = Buffer.concat([buildReceiverReport(2, [block]), buildSourceDescription(3, 'name')])
    for (let length = 0; length < whole.length; length++) {
      if (length !== 32) expect(parseRtcp(whole.subarray(0, length))).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 198, max: 206 }), (noise, type) => {
        if (noise.length > 1) noise.set([0x80 | ((noise[0] ?? 0) % 32), type])
        expect(() => parseRtcp(noise)).not.toThrow()
      }),
    )
  })

  it('writes the instant as NTP does: seconds since 1900, and a fraction of 2^32', () => {
    const data = buildSenderReport(1, { wallClockMs: 1_500, timestamp: 0, packets: 0, octets: 0 })
    expect(data.readUInt32BE(8)).toBe(2_208_988_801)
    expect(data.readUInt32BE(12)).toBe(0x8000_0000)
    const [report] = parseRtcp(data) ?? []
    expect(report).toMatchObject({ sender: { wallClockMs: 1_500, ntpMiddle: ((2_208_988_801 & 0xffff) * 0x10000 + 0x8000) >>> 0 } })
  })

  it.each([
    ['', 12],
    ['a', 12],
    ['ab', 16],
    ['abcde', 16],
    ['abcdef', 20],
  ])('is no longer than it must be: a name %j in %d bytes', (cname, bytes) => {
    expect(buildSourceDescription(1, cname)).toHaveLength(bytes)
  })

  it.each([
    ['', 8],
    ['abc', 12],
    ['abcd', 16],
  ])('is no longer than it must be: a goodbye that says %j in %d bytes', (reason, bytes) => {
    const data = buildGoodbye(1, reason)
    expect(data).toHaveLength(bytes)
    expect(data.readUInt16BE(2)).toBe(bytes / 4 - 1)
  })

  const packet = (count: number, type: number, ...words: readonly number[]): Buffer => {
    const data = Buffer.alloc(4 + words.length * 4)
    data.set([0x80 | count, type, 0, words.length])
    words.forEach((word, index) => data.writeUInt32BE(word, 4 + index * 4))
    return data
  }

  it.each([
    ['a receiver report that counts a block more than it holds', packet(2, 201, 1, ...Array<number>(6).fill(0))],
    ['a sender report without its figures', packet(0, 200, 1, 2, 3, 4, 5)],
    ['a receiver report without its source', packet(0, 201)],
    ['a description that counts a chunk more than it holds', packet(2, 202, 1, 0x01016100)],
    ['an item that is longer than the packet', packet(1, 202, 1, 0x01066100)],
    ['a goodbye that counts a source more than it names', packet(3, 203, 1, 2)],
    ['another version', Buffer.from([0x40, 203, 0, 0])],
    ['nothing', Buffer.alloc(0)],
  ])('is dropped: %s', (_what, data) => {
    expect(parseRtcp(data)).toBeUndefined()
  })

  it.each([
    ['a receiver report without blocks', packet(0, 201, 7), { kind: 'receiverReport', ssrc: 7, reports: [] }],
    ['a goodbye of several sources', packet(3, 203, 7, 8, 9), { kind: 'goodbye', ssrcs: [7, 8, 9], reason: '' }],
    ['a reason that claims to be longer than it is', packet(1, 203, 7, 0x09616263), { kind: 'goodbye', ssrcs: [7], reason: 'abc' }],
    [
      'an item that is no name, and two chunks',
      packet(2, 202, 7, 0x02016101, 0x01620000, 8, 0x01016300),
      {
        kind: 'sourceDescription',
        chunks: [
          { ssrc: 7, cname: 'b' },
          { ssrc: 8, cname: 'c' },
        ],
      },
    ],
    ['a chunk that ends with its packet', packet(1, 202, 7, 0x01026162), { kind: 'sourceDescription', chunks: [{ ssrc: 7, cname: 'ab' }] }],
    [
      'an item that ends with its packet, behind a name',
      packet(1, 202, 7, 0x01016103, 0x02787900),
      { kind: 'sourceDescription', chunks: [{ ssrc: 7, cname: 'a' }] },
    ],
  ])('is read: %s', (_what, data, read) => {
    expect(parseRtcp(data)).toEqual([read])
  })

  it('rounds what does not fit: a share of all that was expected, a loss beyond 24 bits', () => {
    const [report] =
      parseRtcp(
        buildReceiverReport(1, [
          { ...block, fractionLost: 1, cumulativeLost: 0x900000 },
          { ...block, cumulativeLost: -0x900000 },
        ]),
      ) ?? []
    expect(report).toMatchObject({ reports: [{ fractionLost: 255 / 256, cumulativeLost: 0x7fffff }, { cumulativeLost: -0x800000 }] })
  })
})
