import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SilentSocket } from '../../../test/kit/silent-socket.js'
import { parseRtp, timestampDistance, type RtpPacket } from '../protocols/rtp/packet.js'
import { ClipLibrary } from './audio-clip.js'
import { randomSource } from './random.js'
import { RtpChannel } from './rtp-channel.js'

let now = 0
let faults: string[] = []

beforeEach(() => {
  now = 1000
  faults = []
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})
afterEach(() => {
  vi.restoreAllMocks()
})

function channel(): { channel: RtpChannel; rtp: SilentSocket; packets: () => RtpPacket[]; beat: (times?: number) => void } {
  const [rtp, rtcp] = [new SilentSocket(), new SilentSocket()]
  const made = new RtpChannel(
    'one',
    '127.0.0.1',
    { port: 4000, rtp, rtcp },
    {
      clips: new ClipLibrary(),
      silenceWhenIdle: true,
      random: randomSource(1),
      loss: { in: 0, out: 0 },
      fault: (_kind, _id, message) => faults.push(message),
      mediaTimeoutMs: 0,
      expecting: (work) => work,
    },
  )
  made.configure({ remoteAddress: '127.0.0.1', remotePort: 5000, codec: 'PCMU', direction: 'sendrecv' })
  const beat = (times = 1) => {
    for (let count = 0; count < times; count++) {
      now += 20
      made.onFrame(1, now)
    }
  }
  const packets = () => rtp.sent.map((data) => parseRtp(data)).filter((packet) => packet !== undefined)
  return { channel: made, rtp, packets, beat }
}

describe('a prompt', () => {
  it('starts at once, not at the next beat, and the stream comes back to the clock after it', async () => {
    const { channel: one, packets, beat } = channel()
    beat(3)
    now += 5
    const play = one.play({ kind: 'toneStream', tones: '%(40,0,1000)' })
    expect(await play.started).toBe(true)
    expect(packets()).toHaveLength(4)
    expect(packets()[3]?.marker).toBe(true)
    now -= 5
    beat(20)
    expect(await play.ended).toMatchObject({ reason: 'done', lastSample: 320 })
    // 23 beats and one frame ahead, less the one silence left out.
    expect(packets()).toHaveLength(23)
    const [first, last] = [packets()[0], packets().at(-1)]
    expect(timestampDistance(last?.timestamp ?? 0, first?.timestamp ?? 0)).toBe(22 * 160)
  })

  it('does not run ahead by more than one frame, however many are asked for', async () => {
    const { channel: one, packets, beat } = channel()
    beat()
    for (let count = 0; count < 5; count++) {
      const play = one.play({ kind: 'silenceStream', ms: -1 })
      await Promise.race([play.started, Promise.resolve()])
      await new Promise((resolve) => setImmediate(resolve))
      play.stop()
    }
    expect(packets()).toHaveLength(2)
  })
})

describe('a late beat', () => {
  it('is made up for two frames at a time, and given up when it is very late', () => {
    const { channel: one, packets } = channel()
    now += 20
    one.onFrame(1, now)
    now += 100
    one.onFrame(5, now)
    expect(packets()).toHaveLength(3)
    for (let count = 0; count < 3; count++) {
      now += 20
      one.onFrame(1, now)
    }
    expect(packets()).toHaveLength(9)
    now += 1000
    one.onFrame(50, now)
    expect(packets()).toHaveLength(10)
    const all = packets()
    expect(timestampDistance(all[9]?.timestamp ?? 0, all[8]?.timestamp ?? 0)).toBeGreaterThan(7000)
    expect(all[9]?.marker).toBe(true)
  })
})

it('a socket error that comes with every packet is told once', () => {
  const { rtp } = channel()
  for (let count = 0; count < 100; count++) rtp.onError(new Error('ENETUNREACH'))
  expect(faults).toEqual(['ENETUNREACH'])
})

it.each([
  [{ remoteAddress: 'example.org' }, 'address'],
  [{ remoteAddress: '::1' }, 'family'],
  [{ remotePort: 70_000 }, 'port'],
  [{ ptimeMs: 25 }, 'packet time'],
  [{ payloadType: 128 }, 'payload type'],
  [{ telephoneEventPayloadType: -1 }, 'payload type'],
])('what SDP says is checked: %j', (change, what) => {
  const { channel: one } = channel()
  expect(() => one.configure({ remoteAddress: '127.0.0.1', remotePort: 5000, codec: 'PCMU', direction: 'sendrecv', ...change })).toThrow(
    what,
  )
})

it.each([10, 20, 30, 40, 60])('packets of %d ms carry as much, and come as often', (ptimeMs) => {
  const { channel: one, packets, beat } = channel()
  one.configure({ remoteAddress: '127.0.0.1', remotePort: 5000, codec: 'PCMA', payloadType: 8, direction: 'sendrecv', ptimeMs })
  beat(30)
  expect(packets()).toHaveLength(600 / ptimeMs)
  expect(packets().every((packet) => packet.payload.length === ptimeMs * 8 && packet.payload[0] === 0xd5)).toBe(true)
})
