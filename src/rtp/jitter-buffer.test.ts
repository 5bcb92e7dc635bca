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
    ['a sender that started anew', [1, 2, 40_000, 40_001], [1, 2, 40_000, 40_001]],
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
