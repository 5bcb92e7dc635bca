import { describe, expect, it } from 'vitest'
import { timestampDistance } from '../protocols/rtp/packet.js'
import { InboundTimeline } from './inbound-timeline.js'
import { OutboundStream } from './outbound-stream.js'
import { randomSource } from './random.js'

const FRAME = 160

/** Positions of packets `index` 0..n-1, whose timestamps start at `base` and which arrive at `arrival(index)`. */
function place(timeline: InboundTimeline, count: number, arrival: (index: number) => number, base = 0xffff_ff00, ssrc = 1): number[] {
  return Array.from({ length: count }, (_, index) => timeline.position(ssrc, (base + index * FRAME) >>> 0, arrival(index), false))
}

describe('the place of a packet in time', () => {
  it('follows from its timestamp, not from its arrival', () => {
    const shaky = place(new InboundTimeline(), 200, (index) => 5000 + index * FRAME + ((index * 37) % 5) * 80)
    shaky.forEach((position, index) => expect(position).toBe(5000 + index * FRAME))
  })

  it('is right for a packet that is overtaken', () => {
    const timeline = new InboundTimeline()
    timeline.position(1, 0, 1000, false)
    timeline.position(1, 320, 1330, false)
    expect(timeline.position(1, 160, 1335, false)).toBe(1160)
  })

  it('is anchored again for another sender and for a timestamp that jumps', () => {
    const timeline = new InboundTimeline()
    timeline.position(1, 0, 1000, false)
    const { generation } = timeline
    expect(timeline.position(2, 777_777, 1160, false)).toBe(1160)
    expect(timeline.position(2, 999_999, 1320, false)).toBe(1320)
    expect(timeline.generation).toBe(generation + 2)
  })

  it('takes a new talk spurt at its arrival, when the sender did not count the pause', () => {
    const timeline = new InboundTimeline()
    timeline.position(1, 0, 1000, false)
    expect(timeline.position(1, 160, 3000, true)).toBe(3000)
    expect(timeline.position(1, 320, 20_000, false)).toBe(20_000)
  })

  it("moves with its generation, so that a first packet that came late makes nobody's stream go back", () => {
    const timeline = new InboundTimeline()
    const stream = new OutboundStream(randomSource(1))
    let before: number | undefined
    for (let index = 0; index < 200; index++) {
      const arrival = index === 0 ? 800 : index * FRAME
      const position = timeline.position(1, index * FRAME, arrival, false)
      expect(stream.relay(timeline, 1, timeline.generation, index, position, FRAME, false)).toBe(true)
      if (before !== undefined) expect(timestampDistance(stream.timestamp, before)).toBeGreaterThanOrEqual(FRAME)
      before = stream.timestamp
    }
    expect(timeline.position(1, 200 * FRAME, 200 * FRAME, false)).toBe(200 * FRAME)
  })

  it.each([
    ['fast', 1.001],
    ['slow', 0.999],
  ])('stays within 80 ms over an hour of a sender whose clock is too %s', (_what, speed) => {
    let worst = 0
    const timeline = new InboundTimeline()
    for (let index = 0; index < 180_000; index++) {
      const arrival = 1000 + (index * FRAME) / speed
      worst = Math.max(worst, Math.abs(timeline.position(1, (index * FRAME) >>> 0, arrival, false) - arrival))
    }
    expect(worst).toBeLessThan(640)
  })

  it('is not moved by the packets of a key press, which keep their timestamp', () => {
    const timeline = new InboundTimeline()
    place(timeline, 60, (index) => index * FRAME, 0)
    const { generation } = timeline
    for (let index = 0; index < 50; index++) expect(timeline.eventPosition(1, 60 * FRAME, (60 + index) * FRAME)).toBe(60 * FRAME)
    expect(timeline.position(1, 110 * FRAME, 110 * FRAME, false)).toBe(110 * FRAME)
    expect(timeline.generation).toBe(generation)
  })
})
