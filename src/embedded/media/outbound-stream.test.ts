import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sequenceDistance, timestampDistance } from '../protocols/rtp/packet.js'
import { OutboundStream } from './outbound-stream.js'
import { randomSource } from './random.js'

interface Out {
  readonly sequence: number
  readonly timestamp: number
  readonly marker: boolean
}

const FRAME = 160
const taken = ({ sequence, timestamp, marker }: OutboundStream): Out => ({ sequence, timestamp, marker })

/** Differences between neighbours. */
function steps(packets: readonly Out[]): { sequence: number; timestamp: number }[] {
  return packets.slice(1).map((packet, index) => {
    const before = packets[index]
    return {
      sequence: sequenceDistance(packet.sequence, before?.sequence ?? 0),
      timestamp: timestampDistance(packet.timestamp, before?.timestamp ?? 0),
    }
  })
}

describe('the packets to one party', () => {
  it('are numbered one by one and timed frame by frame, however late the beats come', () => {
    const stream = new OutboundStream(randomSource(1))
    const out = [0, 170, 300, 700, 800].map((position) => {
      stream.own(position, FRAME, false)
      return taken(stream)
    })
    expect(steps(out)).toEqual(Array(4).fill({ sequence: 1, timestamp: FRAME }))
    expect(out.map((packet) => packet.marker)).toEqual([true, false, false, false, false])
  })

  it('jump to the clock after a pause, with the marker bit', () => {
    const stream = new OutboundStream(randomSource(1))
    stream.own(0, FRAME, false)
    const first = taken(stream)
    stream.skip()
    stream.own(8000, FRAME, false)
    expect(timestampDistance(stream.timestamp, first.timestamp)).toBe(8000)
    expect(stream.marker).toBe(true)
  })

  it('keep the gaps and the order of a relayed source', () => {
    const stream = new OutboundStream(randomSource(2))
    const source = {}
    stream.own(0, FRAME, false)
    const before = taken(stream)
    const out = [100, 101, 104, 103, 105].map((sequence) => {
      expect(stream.relay(source, 9, 1, sequence, 200 + (sequence - 100) * FRAME, FRAME, false)).toBe(true)
      return taken(stream)
    })
    expect(steps([before, ...out]).map((step) => step.sequence)).toEqual([1, 1, 3, -1, 2])
    expect(steps(out).map((step) => step.timestamp)).toEqual([160, 480, -160, 320])
    expect(out.map((packet) => packet.marker)).toEqual([true, false, false, false, false])
    stream.own(1200, FRAME, true)
    expect(sequenceDistance(stream.sequence, out[4]?.sequence ?? 0)).toBe(1)
    expect(timestampDistance(stream.timestamp, out[4]?.timestamp ?? 0)).toBe(200)
  })

  it('drop what a relayed source sent before something else went out', () => {
    const stream = new OutboundStream(randomSource(2))
    const source = {}
    stream.relay(source, 9, 1, 100, 0, FRAME, false)
    stream.own(160, FRAME, true)
    stream.relay(source, 9, 1, 102, 320, FRAME, false)
    expect(stream.relay(source, 9, 1, 101, 160, FRAME, false)).toBe(false)
  })

  it('take what a relayed source sent up to a hundred packets ago, and nothing older', () => {
    const stream = new OutboundStream(randomSource(2))
    const source = {}
    const relay = (sequence: number) => stream.relay(source, 9, 1, sequence, sequence * FRAME, FRAME, false)
    for (let sequence = 65_400; sequence <= 65_900; sequence++) expect(relay(sequence & 0xffff)).toBe(true)
    expect(relay((65_900 - 100) & 0xffff)).toBe(true)
    expect(relay((65_900 - 101) & 0xffff)).toBe(false)
    expect(relay((65_900 - 50) & 0xffff)).toBe(true)
  })

  it('go on for more packets than there are sequence numbers', () => {
    const stream = new OutboundStream(randomSource(3))
    const source = {}
    let dropped = 0
    for (let index = 0; index < 200_000; index++) if (!stream.relay(source, 9, 1, index & 0xffff, index * FRAME, FRAME, false)) dropped++
    expect(dropped).toBe(0)
  })

  it('give an event one timestamp while time goes on', () => {
    const stream = new OutboundStream(randomSource(4))
    stream.own(0, FRAME, false)
    const before = taken(stream)
    const start = stream.beginEvent(160)
    const event = [0, 1, 2].map((index) => {
      stream.eventPacket(start, index === 0, FRAME)
      return taken(stream)
    })
    stream.own(640, FRAME, false)
    expect(steps([before, ...event, taken(stream)])).toEqual([
      { sequence: 1, timestamp: 160 },
      { sequence: 1, timestamp: 0 },
      { sequence: 1, timestamp: 0 },
      { sequence: 1, timestamp: 480 },
    ])
  })

  it('never go back and never skip, whatever sources take turns', () => {
    const turn = fc.record({
      what: fc.constantFrom('own' as const, 'event' as const, 'first' as const, 'second' as const),
      frames: fc.integer({ min: 1, max: 20 }),
      late: fc.integer({ min: -200, max: 400 }),
      pause: fc.integer({ min: 0, max: 30 }),
    })
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 30 }), fc.integer(), (turns, seed) => {
        const stream = new OutboundStream(randomSource(seed))
        const sources = { first: { key: {}, sequence: 65_530 }, second: { key: {}, sequence: 7 } }
        const out: Out[] = []
        let position = 1000
        // Within a turn a source keeps its place in time; in another turn it may have been anchored elsewhere.
        for (const [generation, { what, frames, late, pause }] of turns.entries()) {
          position += pause * FRAME
          if (pause > 0) stream.skip()
          const start = what === 'event' ? stream.beginEvent(position) : 0
          for (let index = 0; index < frames; index++, position += FRAME) {
            if (what === 'own') stream.own(position, FRAME, index === 0)
            else if (what === 'event') stream.eventPacket(start, index === 0, FRAME)
            else {
              const source = sources[what]
              source.sequence = (source.sequence + 1) & 0xffff
              expect(stream.relay(source.key, 1, generation, source.sequence, position + late, FRAME, false)).toBe(true)
            }
            out.push(taken(stream))
          }
        }
        for (const step of steps(out)) {
          expect(step.sequence).toBe(1)
          expect(step.timestamp).toBeGreaterThanOrEqual(0)
        }
        // Sources that are late or early by half a frame now and then must not make the stream run away from the clock.
        expect(Math.abs(stream.lead(position))).toBeLessThan(FRAME * 8)
      }),
    )
  })
})

it('goes on where it was, by the time that passes, when the clock on the wire changes, back and forth (RFC 7160)', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.constantFrom(1, 6), { minLength: 2, maxLength: 40 }), (seed, clocks) => {
      const stream = new OutboundStream(randomSource(seed))
      let source = {}
      let before: { readonly wire: number; readonly ticks: number } | undefined
      clocks.forEach((ticks, n) => {
        if (before?.ticks !== ticks) source = {}
        if (ticks === 6) stream.relay(source, 7, 1, n, n * FRAME, FRAME, false, 6)
        else stream.own(n * FRAME, FRAME, false)
        const wire = stream.rtpTimestamp
        expect(stream.ticks).toBe(ticks)
        // What has passed since the packet before counts in the clock of that one.
        if (before) expect(timestampDistance(wire, before.wire)).toBe(FRAME * before.ticks)
        expect(stream.rtpTimestampAt(n * FRAME)).toBe(wire)
        before = { wire, ticks }
      })
    }),
  )
})
