import { describe, expect, it } from 'vitest'
import { Reception } from './reception.js'

/** Feeds sequence numbers of a 20 ms stream, each arriving in time unless `late` (ms) says otherwise. */
function receive(sequences: readonly number[], late: (index: number) => number = () => 0): Reception {
  const reception = new Reception()
  const first = sequences[0] ?? 0
  sequences.forEach((sequence, index) => {
    const place = ((sequence - first) & 0xffff) * 160
    reception.packet(1, sequence, place, place + late(index) * 8)
  })
  return reception
}

describe('what a receiver counts', () => {
  it.each([
    ['all in order', [1, 2, 3, 4], 0],
    ['across the wrap', [65534, 65535, 0, 1], 0],
    ['one missing', [1, 2, 4, 5], 1],
    ['two missing at the wrap', [65534, 1, 2], 2],
    ['late is not lost', [1, 3, 2, 4], 0],
    ['a duplicate hides nothing but itself', [1, 2, 2, 3], 0],
  ])('%s: %j loses %d', (_what, sequences, lost) => {
    expect(receive(sequences).lost).toBe(lost)
  })

  it('reports the share lost since the last report', () => {
    const reception = receive([0, 1, 2, 3])
    expect(reception.report()).toMatchObject({ fractionLost: 0, cumulativeLost: 0, highestSequence: 3 })
    for (const sequence of [4, 7]) reception.packet(1, sequence, sequence * 160, sequence * 160)
    expect(reception.report()).toMatchObject({ fractionLost: 0.5, cumulativeLost: 2, highestSequence: 7 })
    expect(reception.report()?.fractionLost).toBe(0)
  })

  it('counts on when the sender starts again, and does not take the jump for loss', () => {
    const reception = receive([10, 11, 13])
    reception.packet(2, 50_000, 0, 99_999)
    reception.packet(2, 50_001, 160, 100_159)
    expect(reception.lost).toBe(1)
    expect(reception.report()).toMatchObject({ ssrc: 2, cumulativeLost: 0, highestSequence: 50_001 })
  })

  it('measures jitter as RFC 3550 does: near the mean change of transit time', () => {
    const steady = receive(Array.from({ length: 200 }, (_, index) => index))
    const shaky = receive(
      Array.from({ length: 400 }, (_, index) => index),
      (index) => (index % 2) * 5,
    )
    expect(steady.jitter).toBe(0)
    expect(shaky.jitter / 8).toBeCloseTo(5, 1)
  })

  it('says how far ahead of the others each packet is', () => {
    const reception = new Reception()
    const ahead = (sequence: number, ssrc = 1) => reception.packet(ssrc, sequence, 0, 0)
    expect([ahead(10), ahead(11), ahead(11), ahead(14), ahead(12)]).toEqual([1, 1, 0, 3, -2])
    expect([ahead(14 + 2999), ahead(14 + 2999 - 2999)]).toEqual([2999, -2999])
    // Farther than that, or from another source, it is a new stream.
    expect([ahead(3013 + 3000), ahead(3013), ahead(3014, 2), ahead(3014, 2)]).toEqual([1, 1, 1, 0])
    expect(reception.received).toBe(11)
    expect(reception.ssrc).toBe(2)
  })

  it('counts the rounds of the sequence number, once each', () => {
    const reception = receive([65_534, 65_535, 65_535, 0, 0, 1])
    expect(reception.report()).toMatchObject({ highestSequence: 0x1_0001, cumulativeLost: -2 })
  })

  it('does not take a jump of a second in the timestamps for jitter, and one just below it is', () => {
    const reception = new Reception()
    reception.packet(1, 1, 0, 0)
    reception.packet(1, 2, 160, 160 + 8000)
    expect(reception.jitter).toBe(0)
    reception.packet(1, 3, 320, 320 + 8000 - 7999)
    expect(reception.jitter).toBe(7999 / 16)
  })

  it('measures from the last packet, late or not, and begins again with another stream', () => {
    const reception = new Reception()
    reception.packet(1, 1, 1000, 1000)
    reception.packet(1, 2, 1160, 1176)
    expect(reception.jitter).toBe(1)
    reception.packet(1, 3, 1320, 1336)
    expect(reception.jitter).toBe(1 - 1 / 16)
    expect(reception.lastTimestamp).toBe(1320)
    reception.packet(9, 7, 5, 500)
    expect(reception.jitter).toBe(0)
    reception.packet(9, 8, 165, 660)
    expect(reception.jitter).toBe(0)
  })

  it('has nothing to report before the first packet', () => {
    expect(new Reception().report()).toBeUndefined()
    expect(new Reception().lost).toBe(0)
  })
})
