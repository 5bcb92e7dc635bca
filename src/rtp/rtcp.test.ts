import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildGoodbye, buildReceiverReport, buildSenderReport, buildSourceDescription, parseRtcp, type ReportBlock } from './rtcp.js'

const block: ReportBlock = { ssrc: 7, fractionLost: 0.25, cumulativeLost: -3, highestSequence: 0x12345, jitter: 17, lastSenderReport: 0xaabbccdd, delaySinceLast: 65536 }

describe('RTCP', () => {
  it('reads back a compound of every kind', () => {
    const sender = { wallClockMs: 1_795_000_000_250, timestamp: 0xfffffff0, packets: 500, octets: 80_000 }
    const compound = Buffer.concat([buildSenderReport(1, sender, [block]), buildReceiverReport(2, [block, block]), buildSourceDescription(3, 'abcé'), buildGoodbye(4, 'done'), buildGoodbye(5)])
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
        if (noise.length > 1) noise.set([0x80 | (noise[0] ?? 0) % 32, type])
        expect(() => parseRtcp(noise)).not.toThrow()
      }),
    )
  })
})
