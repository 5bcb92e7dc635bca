import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseTelephoneEvent,
  TelephoneEventReceiver,
  TelephoneEventSender,
  writeTelephoneEvent,
  type ReceivedDigit,
  type TelephoneEvent,
  type TelephoneEventPacket,
} from './telephone-event.js'

function press(digit: string, durationMs = 100): TelephoneEventPacket[] {
  const sender = new TelephoneEventSender(digit, { durationMs })
  const packets: TelephoneEventPacket[] = []
  for (let packet = sender.next(); packet; packet = sender.next()) packets.push(packet)
  return packets
}

interface Sent {
  readonly timestamp: number
  readonly event: TelephoneEvent
  readonly at: number
}

/** Keys one after the other, each with a gap of 60 ms, as they lie on the wire. */
function dial(digits: string, durationMs = 100): Sent[][] {
  let at = 0
  return Array.from(digits, (digit) => {
    const start = at
    const sent = press(digit, durationMs).map((event, index) => ({
      timestamp: (0xffff_fc00 + start * 8) >>> 0,
      event,
      at: start + index * 20,
    }))
    at += sent.length * 20 + 60
    return sent
  })
}

function hear(packets: readonly Sent[]): ReceivedDigit[] {
  const digits: ReceivedDigit[] = []
  const receiver = new TelephoneEventReceiver((digit) => digits.push(digit))
  for (const { timestamp, event, at } of packets) {
    receiver.poll(at)
    receiver.packet(1, timestamp, event, at)
  }
  receiver.poll((packets.at(-1)?.at ?? 0) + 1000)
  return digits
}

const keys = (digits: readonly ReceivedDigit[]) => digits.map((digit) => digit.digit).join('')

describe('sending a key', () => {
  it('grows by the packet time, and ends three times with the whole duration', () => {
    expect(press('#').map(({ event, end, duration, marker, last }) => [event, end, duration, marker, last])).toEqual([
      [11, false, 160, true, false],
      [11, false, 320, false, false],
      [11, false, 480, false, false],
      [11, false, 640, false, false],
      [11, true, 800, false, false],
      [11, true, 800, false, false],
      [11, true, 800, false, true],
    ])
  })

  it('never sends an end without a start, however short', () => {
    expect(press('1', 1).map(({ end, marker }) => [end, marker])).toEqual([
      [false, true],
      [true, false],
      [true, false],
      [true, false],
    ])
  })

  it('refuses what is no key', () => {
    for (const digit of ['', 'x', '12', '+']) expect(() => new TelephoneEventSender(digit)).toThrow(TypeError)
  })

  it('survives the wire', () => {
    const wire = new Uint8Array(6)
    const event = { event: 15, end: true, volume: 63, duration: 0xabcd }
    writeTelephoneEvent(wire, 2, event)
    expect(parseTelephoneEvent(wire, 2)).toEqual(event)
    expect(parseTelephoneEvent(wire, 3)).toBeUndefined()
  })
})

describe('hearing keys', () => {
  it('hears each once, with its length, also twice the same and across the wrap of the timestamp', () => {
    const digits = hear(dial('1150*#AD').flat())
    expect(keys(digits)).toBe('1150*#AD')
    expect(digits.every((digit) => digit.duration === 800)).toBe(true)
  })

  it.each([
    ['the first packets', (index: number) => index < 3],
    ['every start: only the last end is left', (index: number) => index < 6],
    ['every end', (index: number) => index >= 4],
    ['all but the first', (index: number) => index > 0],
    ['all but one in the middle', (index: number) => index !== 2],
  ])('hears it with %s lost', (_what, lost) => {
    expect(
      keys(
        hear(
          dial('12')
            .map((packets) => packets.filter((_, index) => !lost(index)))
            .flat(),
        ),
      ),
    ).toBe('12')
  })

  it('hears each key exactly once for every pattern of loss that leaves a packet of it, duplicates and small reordering included', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[0-9*#]{1,6}$/),
        fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 10 }), { minLength: 6, maxLength: 6 }),
        (digits, picks) => {
          // Per key: any packets of it, in any order, any of them twice; time goes on as they arrive.
          const wire = dial(digits).map((packets, key) =>
            (picks[key] ?? [0]).map(
              (pick, order) => ({ ...(packets[pick] ?? packets[0]), at: (packets[0]?.at ?? 0) + order * 15 }) as Sent,
            ),
          )
          expect(keys(hear(wire.flat()))).toBe(digits)
        },
      ),
    )
  })

  describe('of a phone that gives each packet a timestamp of its own', () => {
    /** As `dial`, the timestamps running on like those of audio. */
    const restless = (digits: string, change: (event: TelephoneEvent) => TelephoneEvent = (event) => event) =>
      dial(digits).map((packets) =>
        packets.map((sent, index) => ({ ...sent, timestamp: (sent.timestamp + index * 160) >>> 0, event: change(sent.event) })),
      )

    it('hears each key once', () => {
      expect(keys(hear(restless('1150*#AD').flat()))).toBe('1150*#AD')
    })

    it('hears each key once when every packet says the same short duration', () => {
      expect(keys(hear(restless('1155', (event) => ({ ...event, duration: 160 })).flat()))).toBe('1155')
    })

    it('hears each key once when the first packet says a duration of nothing', () => {
      expect(keys(hear(restless('1155', (event) => ({ ...event, duration: event.duration - 160 })).flat()))).toBe('1155')
    })

    it('hears each key exactly once whichever packets are lost, the first and one end excepted', () => {
      fc.assert(
        fc.property(
          fc.stringMatching(/^[0-9*#]{1,6}$/),
          fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 5 })), { minLength: 6, maxLength: 6 }),
          (digits, losses) => {
            const wire = restless(digits).map((packets, key) => packets.filter((_, index) => !losses[key]?.includes(index)))
            expect(keys(hear(wire.flat()))).toBe(digits)
          },
        ),
      )
    })
  })

  it('hears two quick presses of a phone whose timestamps stand still meanwhile', () => {
    const wire = dial('11').map((packets, key) => packets.map((sent) => ({ ...sent, timestamp: 1000 + key * 480 })))
    expect(keys(hear(wire.flat()))).toBe('11')
  })

  it('ignores a late repetition of the key before', () => {
    const [one = [], two = []] = dial('12')
    const late = one.at(-1)
    expect(keys(hear([...one.slice(0, 5), ...two.slice(0, 2), ...(late ? [late] : []), ...two.slice(2)]))).toBe('12')
  })

  it('takes a very long press in segments for one key', () => {
    const packets: Sent[] = []
    for (let at = 0; at < 20_000; at += 50) {
      const segment = Math.floor((at * 8) / 0xffff)
      packets.push({
        timestamp: segment * 0xffff,
        at,
        event: { event: 5, end: at === 19_950, volume: 10, duration: at * 8 - segment * 0xffff + 400 },
      })
    }
    const digits = hear(packets)
    expect(keys(digits)).toBe('5')
    expect((digits[0]?.duration ?? 0) / 8).toBeCloseTo(20_000, -2)
  })

  it('hears a sender that started again with lower timestamps', () => {
    const [one = []] = dial('1')
    expect(keys(hear([...one, ...one.map((sent) => ({ ...sent, timestamp: 1000, at: sent.at + 5000 }))]))).toBe('11')
  })

  it('does not take a hook flash for a key', () => {
    expect(hear([{ timestamp: 1, at: 0, event: { event: 16, end: true, volume: 0, duration: 800 } }])).toEqual([])
  })
})

describe('a press at the edges of what belongs to it', () => {
  const pressed = () => {
    const digits: { digit: string; duration: number; timestamp: number }[] = []
    const receiver = new TelephoneEventReceiver((digit) => digits.push({ ...digit }))
    const packet = (timestamp: number, event: number, duration: number, end = false, now = 0, ssrc = 1) =>
      receiver.packet(ssrc, timestamp, { event, end, volume: 10, duration }, now)
    return { digits, receiver, packet }
  }

  it('is reported at its first end packet, and not again at the others', () => {
    const { digits, packet } = pressed()
    packet(1_000, 1, 160)
    packet(1_000, 1, 320)
    expect(digits).toEqual([])
    packet(1_000, 1, 480, true)
    expect(digits).toEqual([{ digit: '1', duration: 480, timestamp: 1_000 }])
    packet(1_000, 1, 480, true)
    packet(1_000, 1, 480, true)
    expect(digits).toHaveLength(1)
  })

  it('whose ends are lost is reported 150 ms after its last packet', () => {
    const { digits, receiver, packet } = pressed()
    packet(1_000, 5, 160, false, 100)
    receiver.poll(249)
    expect([digits.length, receiver.open]).toEqual([0, true])
    receiver.poll(250)
    expect([digits.length, receiver.open]).toEqual([1, false])
    receiver.poll(1_000)
    expect(digits).toHaveLength(1)
  })

  it('is another one under another stream, and a packet from before is none', () => {
    const { digits, packet } = pressed()
    packet(5_000, 1, 160, true)
    packet(4_000, 2, 160, true)
    expect(digits.map(({ digit }) => digit)).toEqual(['1'])
    packet(4_000, 2, 160, true, 0, 2)
    expect(digits.map(({ digit }) => digit)).toEqual(['1', '2'])
  })

  it('that goes on in segments is one, as long as they follow each other and the first was full', () => {
    const { digits, packet } = pressed()
    packet(0, 3, 0xf000)
    packet(0xf000, 3, 800, true)
    expect(digits).toEqual([{ digit: '3', duration: 0xf000 + 800, timestamp: 0 }])
    const other = pressed()
    other.packet(0, 3, 0xefff)
    other.packet(0xf000, 4, 800, true)
    expect(other.digits.map(({ digit }) => digit)).toEqual(['3', '4'])
  })

  it('of a phone that renumbers each packet goes on while it grows, and is another when it begins small', () => {
    const { digits, packet } = pressed()
    packet(1_000, 7, 160)
    packet(1_160, 7, 320)
    packet(1_320, 7, 480, true)
    packet(1_480, 7, 480, true)
    expect(digits.map(({ digit }) => digit)).toEqual(['7'])
    packet(3_000, 7, 160)
    packet(3_160, 7, 320, true)
    expect(digits.map(({ digit }) => digit)).toEqual(['7', '7'])
  })

  it('of no key is not taken', () => {
    const { digits, packet } = pressed()
    packet(0, 16, 160, true)
    expect(digits).toEqual([])
  })
})
