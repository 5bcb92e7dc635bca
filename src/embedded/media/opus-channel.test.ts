import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SilentSocket } from '../../../test/kit/silent-socket.js'
import { MULAW_TO_LINEAR } from '../protocols/rtp/g711.js'
import { toneShare } from '../protocols/rtp/goertzel.js'
import { parseRtp, sequenceDistance, timestampDistance, writeRtpHeader, type RtpPacket } from '../protocols/rtp/packet.js'
import { writeTelephoneEvent } from '../protocols/rtp/telephone-event.js'
import { ClipLibrary } from './audio-clip.js'
import type { ChannelMedia } from './media-channel.js'
import { OpusLibrary } from './opus-audio.js'
import { randomSource } from './random.js'
import { RtpChannel } from './rtp-channel.js'

const tone = (JSON.parse(readFileSync('test/fixtures/opus-500-hz.json', 'utf8')) as string[]).map((text) => Buffer.from(text, 'base64'))
const library = await OpusLibrary.load()

let now = 1000
let faults: string[] = []
beforeEach(() => {
  now = 1000
  faults = []
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})
afterEach(() => {
  vi.restoreAllMocks()
  expect(faults).toEqual([])
})

const opus = (payloadType: number, event: number) => ({
  opus: { payloadType, telephoneEventPayloadType: event, takenEventPayloadTypes: [event] },
})

/** A party with its own payload types, and the ways to be it. */
class Party {
  readonly channel: RtpChannel
  readonly keys: string[] = []
  readonly #rtp = new SilentSocket()
  #sequence = 65_530
  #timestamp = 0xffff_f000

  constructor(
    readonly port: number,
    more: Partial<ChannelMedia>,
  ) {
    this.channel = new RtpChannel(
      `at ${port}`,
      '127.0.0.1',
      { port: 4000, rtp: this.#rtp, rtcp: new SilentSocket() },
      {
        clips: new ClipLibrary(),
        silenceWhenIdle: true,
        random: randomSource(port),
        loss: { in: 0, out: 0 },
        fault: (_kind, _id, message) => faults.push(message),
        mediaTimeoutMs: 0,
        expecting: (work) => work,
        opus: library,
      },
    )
    this.channel.configure({ remoteAddress: '127.0.0.1', remotePort: port, codec: 'PCMU', direction: 'sendrecv', ...more })
    this.channel.on('digit', ({ digit, durationMs }) => this.keys.push(`${digit} ${durationMs}`))
  }

  says(payloadType: number, payload: Uint8Array, ticks: number, marker = false): void {
    this.#send(payloadType, payload, marker, this.#timestamp)
    this.#timestamp = (this.#timestamp + ticks) >>> 0
  }

  loses(ticks: number): void {
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#timestamp = (this.#timestamp + ticks) >>> 0
  }

  /** A key for 60 ms, in events of that clock. */
  presses(payloadType: number, event: number, clock: number): void {
    for (const [n, ms] of [20, 40, 60, 60, 60].entries()) {
      const payload = Buffer.alloc(4)
      writeTelephoneEvent(payload, 0, { event, end: n >= 2, volume: 10, duration: (ms * clock) / 1000 })
      this.#send(payloadType, payload, n === 0, this.#timestamp)
      now += n < 2 ? 20 : 0
    }
    this.#timestamp = (this.#timestamp + (60 * clock) / 1000) >>> 0
  }

  #send(payloadType: number, payload: Uint8Array, marker: boolean, timestamp: number): void {
    const packet = Buffer.alloc(12 + payload.length)
    writeRtpHeader(packet, marker, payloadType, this.#sequence, timestamp, this.port)
    packet.set(payload, 12)
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#rtp.onPacket(packet, { address: '127.0.0.1', port: this.port }, now)
  }

  /** What it has been sent since the last time. */
  takes(): RtpPacket[] {
    return this.#rtp.sent.splice(0).flatMap((data) => parseRtp(data) ?? [])
  }
}

const beat = (...parties: Party[]) => {
  now += 20
  for (const { channel } of parties) channel.onFrame(1, now)
}

async function pair(a: Partial<ChannelMedia>, b: Partial<ChannelMedia>): Promise<[Party, Party]> {
  const [one, other] = [new Party(5000, a), new Party(6000, b)]
  // The decoders are opened.
  await new Promise((resolve) => setTimeout(resolve, 100))
  beat(one, other)
  RtpChannel.join(one.channel, other.channel)
  return [one, other]
}

test('Opus goes through untouched under the other numbers, in the one stream that the party has, at 48 kHz', async () => {
  const [one, other] = await pair(opus(111, 110), opus(96, 97))
  const [silence] = other.takes()
  for (const packet of tone) {
    one.says(111, packet, 960)
    beat(one, other)
  }
  const heard = other.takes()
  expect(heard.map(({ payload }) => Buffer.from(payload).toString('hex'))).toEqual(tone.map((packet) => packet.toString('hex')))
  expect(new Set(heard.map(({ payloadType }) => payloadType))).toEqual(new Set([96]))
  expect(new Set([silence, ...heard].map((packet) => packet?.ssrc)).size).toBe(1)
  expect(heard.map(({ marker }) => marker)).toEqual([true, ...Array<boolean>(49).fill(false)])
  heard.forEach((packet, n) => {
    const before = n === 0 ? silence! : heard[n - 1]!
    expect(sequenceDistance(packet.sequence, before.sequence)).toBe(1)
    expect(timestampDistance(packet.timestamp, before.timestamp)).toBe(n === 0 ? 160 : 960)
  })
})

test('a prompt in between is G.711 under its number, and the sequence goes on; then it is Opus again', async () => {
  const [one, other] = await pair(opus(111, 110), opus(111, 110))
  const speak = (packets: readonly Buffer[]) => {
    for (const packet of packets) {
      one.says(111, packet, 960)
      beat(one, other)
    }
  }
  speak(tone.slice(0, 10))
  const play = other.channel.play({ kind: 'toneStream', tones: '%(200,0,1000)' })
  await new Promise((resolve) => setImmediate(resolve))
  speak(tone.slice(10, 25))
  await play.ended
  speak(tone.slice(25))
  const heard = other.takes()
  const types = heard.map(({ payloadType }) => payloadType).join(' ')
  expect(types).toMatch(/^0 (111 ){10}(0 ){10,12}(111 ){23,}111$/)
  heard.slice(1).forEach((packet, n) => {
    expect(sequenceDistance(packet.sequence, heard[n]!.sequence)).toBe(1)
    expect(timestampDistance(packet.timestamp, heard[n]!.timestamp)).toBeGreaterThan(0)
  })
})

test('a peer without Opus hears it in its own law; what it says comes in G.711', async () => {
  const [one, other] = await pair(opus(111, 110), { telephoneEventPayloadType: 101 })
  other.takes()
  one.takes()
  for (const packet of tone) {
    one.says(111, packet, 960)
    other.says(0, Buffer.alloc(160, 0x55), 160)
    beat(one, other)
  }
  const heard = other.takes()
  expect(heard.map(({ payloadType, payload }) => [payloadType, payload.length])).toEqual(tone.map(() => [0, 160]))
  const samples = heard.slice(10).flatMap(({ payload }) => Array.from(payload, (octet) => MULAW_TO_LINEAR[octet] ?? 0))
  expect(toneShare(samples, 500)).toBeGreaterThan(0.9)
  heard.slice(1).forEach((packet, n) => expect(timestampDistance(packet.timestamp, heard[n]!.timestamp)).toBe(160))
  expect(new Set(one.takes().map(({ payloadType }) => payloadType))).toEqual(new Set([0]))
})

test.each([
  ['another browser', opus(96, 97), 97, 2880],
  ['one that has keys at 8 kHz alone', { opus: { payloadType: 96, takenEventPayloadTypes: [] }, telephoneEventPayloadType: 126 }, 126, 480],
  ['a telephone', { telephoneEventPayloadType: 101 }, 101, 480],
])('a key at 48 kHz is heard once, as long as it was, and goes on to %s in its clock', async (_, media, payloadType, duration) => {
  const [one, other] = await pair(opus(111, 110), media)
  for (const packet of tone.slice(0, 5)) {
    beat(one, other)
    one.says(111, packet, 960)
  }
  other.takes()
  one.presses(110, 5, 48_000)
  const events = other.takes().filter((packet) => packet.payload.length === 4)
  expect(events.map((packet) => packet.payloadType)).toEqual(Array(5).fill(payloadType))
  expect(Buffer.from(events.at(-1)?.payload ?? []).readUInt16BE(2)).toBe(duration)
  expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1)
  expect(one.keys).toEqual(['5 60'])
})

test('a recording of either side has both, each in its place, with a loss of the length that was lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-opus-'))
  try {
    const [one, other] = await pair(opus(111, 110), opus(96, 97))
    const recordings = await Promise.all(
      [one, other].map(({ channel }, n) => channel.startRecording(join(folder, `${n}.wav`), { stereo: true })),
    )
    for (const [n, packet] of [...tone, ...tone].entries()) {
      beat(one, other)
      // 200 ms never come.
      if (n >= 60 && n < 70) one.loses(960)
      else one.says(111, packet, 960)
      other.says(96, packet, 960)
    }
    for (let n = 0; n < 60; n++) beat(one, other)
    await Promise.all(recordings.map((each) => each.stop()))
    for (const [n, spoken] of [0, 1].entries()) {
      const wav = readFileSync(join(folder, `${n}.wav`)).subarray(44)
      const side = (channel: number) => Array.from({ length: wav.length / 4 }, (_, at) => wav.readInt16LE(at * 4 + channel * 2))
      const lossy = side(spoken)
      const whole = side(1 - spoken)
      const loud = (samples: readonly number[], fromMs: number, toMs: number) =>
        toneShare(samples.slice(fromMs * 8, toMs * 8), 500) > 0.9 && Math.max(...samples.slice(fromMs * 8, toMs * 8)) > 3_000
      expect([loud(lossy, 200, 1_180), loud(lossy, 1_450, 1_980), loud(whole, 200, 1_980)]).toEqual([true, true, true])
      // After 60 ms of fading.
      expect(Math.max(...lossy.slice(1_300 * 8, 1_390 * 8).map(Math.abs))).toBe(0)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('what is no Opus is dropped, and does not end what is', async () => {
  const [one, other] = await pair(opus(111, 110), opus(96, 97))
  other.takes()
  one.says(111, tone[0]!, 960)
  one.says(111, Buffer.from([0xfb]), 960)
  one.says(111, Buffer.alloc(0), 960)
  now += 60
  one.says(111, tone[1]!, 960)
  expect(other.takes().map(({ payload }) => payload.length)).toEqual([tone[0]!.length, tone[1]!.length])
  expect(one.channel.stats.dropped).toBe(2)
})
