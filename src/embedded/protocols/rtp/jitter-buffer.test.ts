import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JitterBuffer } from './jitter-buffer.js'

const payload = (sequence: number) => Uint8Array.of(sequence & 0xff)

function drained(sequences: readonly number[]): number[] {
  const buffer = new JitterBuffer()
  const out: number[] = []
  for (const sequence of sequences) {
    buffer.push(sequence, sequence * 160, payload(sequence))
    buffer.drain((frame) => {
      expect(frame.data).toEqual(payload(frame.sequence))
      out.push(frame.sequence)
    })
  }
  return out
}

describe('a consumer that wants order', () => {
  it.each([
    ['in order', [1, 2, 3], [1, 2, 3]],
    ['two exchanged', [1, 3, 2, 4], [1, 2, 3, 4]],
    ['across the wrap', [65534, 0, 65535, 1], [65534, 65535, 0, 1]],
    ['one lost: given up when three wait', [1, 3, 4, 5, 6], [1, 3, 4, 5, 6]],
    ['twice', [1, 2, 2, 3], [1, 2, 3]],
    ['too late', [1, 3, 4, 5, 2, 6], [1, 3, 4, 5, 6]],
    ['a sender that started again', [1, 2, 40_000, 40_001], [1, 2, 40_000, 40_001]],
    ['a long gap', [1, 2, 60, 61, 62, 63], [1, 2, 60, 61, 62, 63]],
  ])('%s', (_what, sent, got) => {
    expect(drained(sent)).toEqual(got)
  })

  it('gets frames in rising order, each once, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 65_500, max: 65_600 }), { maxLength: 60 }), (sent) => {
        const out = drained(sent.map((sequence) => sequence & 0xffff)).map((sequence) => (sequence < 1000 ? sequence + 65_536 : sequence))
        expect(out).toEqual([...new Set(out)].sort((a, b) => a - b))
      }),
    )
  })
})

describe('a consumer that keeps time', () => {
  it('waits for three frames, then gets one each time, and is told of a lost one', () => {
    const buffer = new JitterBuffer({ delayFrames: 3 })
    const popped = () => {
      const frame = buffer.pop()
      return typeof frame === 'string' ? frame : frame.sequence
    }
    buffer.push(5, 0, payload(5))
    expect(popped()).toBe('waiting')
    buffer.push(4, 0, payload(4))
    buffer.push(7, 0, payload(7))
    expect([popped(), popped(), popped(), popped(), popped()]).toEqual([4, 5, 'lost', 7, 'waiting'])
    expect(buffer.lost).toBe(1)
  })

  it('does not fall behind a sender with a faster clock', () => {
    const buffer = new JitterBuffer({ delayFrames: 2 })
    for (let sequence = 0; sequence < 1000; sequence++) {
      buffer.push(sequence, sequence * 160, payload(sequence))
      if (sequence % 10 !== 0) buffer.pop()
    }
    expect(buffer.depth).toBeLessThanOrEqual(5)
  })
})

describe('what the buffer says of a packet', () => {
  it('is taken once; the same one again is not, nor one whose turn is over, and that one is counted as late', () => {
    const buffer = new JitterBuffer()
    expect([buffer.push(10, 0, payload(10)), buffer.push(10, 0, payload(10)), buffer.depth]).toEqual([true, false, 1])
    buffer.drain(() => undefined)
    expect([buffer.push(9, 0, payload(9)), buffer.late, buffer.depth]).toEqual([false, 1, 0])
  })

  it('may be earlier than the first, as long as it is not earlier than the delay', () => {
    const buffer = new JitterBuffer({ delayFrames: 3 })
    buffer.push(10, 0, payload(10))
    expect([buffer.push(8, 0, payload(8)), buffer.push(5, 0, payload(5)), buffer.late]).toEqual([true, false, 1])
    buffer.push(9, 0, payload(9))
    expect(buffer.pop()).toMatchObject({ sequence: 8 })
  })

  it('is a copy of the part that was named, cut to what fits', () => {
    const buffer = new JitterBuffer({ maxFrameBytes: 3 })
    buffer.push(1, 7, Uint8Array.of(9, 1, 2, 3, 4, 9), 1, 5)
    buffer.push(2, 8, Uint8Array.of(9, 5, 6, 9), 1, 3)
    const out: (readonly [number, readonly number[]])[] = []
    buffer.drain(({ timestamp, data }) => out.push([timestamp, [...data]]))
    expect(out).toEqual([
      [7, [1, 2, 3]],
      [8, [5, 6]],
    ])
  })

  it('begins again after a jump of more than a thousand, and not at a thousand', () => {
    const buffer = new JitterBuffer({ delayFrames: 1 })
    buffer.push(5, 0, payload(5))
    buffer.drain(() => undefined)
    buffer.push(6 + 1_000, 0, payload(6))
    expect(buffer.lost).toBe(1_000 - 15)
    const fresh = new JitterBuffer({ delayFrames: 1 })
    fresh.push(5, 0, payload(5))
    fresh.drain(() => undefined)
    fresh.push(6 + 1_001, 0, payload(6))
    expect(fresh.lost).toBe(0)
  })

  it('is forgotten by a reset: the next one is the first again', () => {
    const buffer = new JitterBuffer({ delayFrames: 2 })
    for (const sequence of [0, 1, 2, 3]) buffer.push(sequence, 0, payload(sequence))
    buffer.pop()
    buffer.reset()
    expect([buffer.depth, buffer.pop()]).toEqual([0, 'waiting'])
    expect([buffer.push(1, 0, payload(1)), buffer.pop()]).toEqual([true, 'waiting'])
    buffer.push(2, 0, payload(2))
    expect([buffer.pop(), buffer.pop()]).toMatchObject([{ sequence: 1 }, { sequence: 2 }])
  })

  it('gives up one frame only when more than twice the delay waits', () => {
    const buffer = new JitterBuffer({ delayFrames: 2 })
    for (const sequence of [0, 1, 2, 3]) buffer.push(sequence, 0, payload(sequence))
    expect(buffer.pop()).toMatchObject({ sequence: 0 })
    for (const sequence of [4, 5]) buffer.push(sequence, 0, payload(sequence))
    expect(buffer.pop()).toMatchObject({ sequence: 2 })
  })

  it('waits in as many slots as four delays take', () => {
    const buffer = new JitterBuffer({ delayFrames: 8, capacity: 2 })
    for (let sequence = 0; sequence < 32; sequence++) buffer.push(sequence, 0, payload(sequence))
    expect(buffer.depth).toBe(32)
    buffer.push(32, 0, payload(32))
    expect(buffer.depth).toBe(32)
  })
})
