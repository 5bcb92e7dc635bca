import { createSocket, type Socket } from 'node:dgram'
import { performance } from 'node:perf_hooks'
import { ALAW_TO_LINEAR, LINEAR_TO_ALAW } from '../../src/embedded/protocols/rtp/g711.js'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import type { Delays, Heard } from './commands.js'

const frameMs = 20
const frameBytes = 160
const headerBytes = 12
const samplesPerMs = 8
/** Every packet carries its sender's clock in its first bytes, which a switch that relays G.711 does not change: reception is known to the packet. */
const magic = 0x52_69_6e_67
const markBytes = 18
const silenceByte = 0xd5
/** Louder than this can be heard: 1 % of full scale, -40 dBFS. */
const audible = 328

/** 4 s of speech-like sound for LAME and level meters: noise in syllables with pauses. The same in every run. */
function speech(): Buffer {
  let seed = 42
  const noise = () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) / 2 ** 31 - 1
  let low = 0
  return Buffer.from(
    Uint8Array.from({ length: 200 * frameBytes }, (_, n) => {
      const inPhrase = n % 16_000 < 9_600
      const syllable = Math.max(0, Math.sin((2 * Math.PI * n) / 2_000))
      low += 0.25 * (noise() - low)
      return LINEAR_TO_ALAW[Math.round(inPhrase ? 9_000 * syllable * low : 20 * low) & 0xffff] ?? silenceByte
    }),
  )
}
const voice = speech()

const binsPerMs = 4
const bins = 1_000 * binsPerMs
const maxSeconds = 600

/** Counts what all phones hear. */
export class Ear {
  #since = performance.now()
  sent = 0
  received = 0
  lost = 0
  #seconds: (Uint32Array | undefined)[] = []
  readonly #most: number[] = []
  readonly #lateness = new Uint32Array(bins)

  begin(): void {
    this.#since = performance.now()
    this.sent = this.received = this.lost = 0
    this.#seconds = []
    this.#most.length = 0
    this.#lateness.fill(0)
  }

  hear(delayMs: number, now: number): void {
    this.received++
    const second = Math.min(maxSeconds, Math.floor((now - this.#since) / 1_000))
    const counts = (this.#seconds[second] ??= new Uint32Array(bins))
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(delayMs * binsPerMs)))
    counts[bin] = (counts[bin] ?? 0) + 1
    if (delayMs > (this.#most[second] ?? 0)) this.#most[second] = delayMs
  }

  late(ms: number): void {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(ms * binsPerMs)))
    this.#lateness[bin] = (this.#lateness[bin] ?? 0) + 1
  }

  report(): Heard {
    const all = new Uint32Array(bins)
    for (const counts of this.#seconds) counts?.forEach((count, bin) => (all[bin] = (all[bin] ?? 0) + count))
    return {
      seconds: (performance.now() - this.#since) / 1_000,
      sent: this.sent,
      received: this.received,
      lost: this.lost,
      delay: delays(all, Math.max(0, ...this.#most.filter((most) => most > 0))),
      bySecond: this.#seconds.map((counts, second) => delays(counts ?? new Uint32Array(bins), this.#most[second] ?? 0)),
      ownLatenessMs: quantile(this.#lateness, 0.99),
    }
  }
}

function delays(counts: Uint32Array, most: number): Delays {
  return { median: quantile(counts, 0.5), p99: quantile(counts, 0.99), most }
}

function quantile(counts: Uint32Array, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  let seen = 0
  for (let bin = 0; bin < counts.length; bin++) {
    seen += counts[bin] ?? 0
    if (seen >= total * share && seen > 0) return bin / binsPerMs
  }
  return 0
}

/** All sending, on one timer; a quarter of the streams every 5 ms, so that no phone waits for the whole crowd. */
class Beat {
  readonly #streams: Set<Stream>[] = Array.from({ length: 4 }, () => new Set())
  #timer: NodeJS.Timeout | undefined
  #startedAt = 0
  #done = 0
  #next = 0

  constructor(private readonly ear: Ear) {}

  add(stream: Stream): void {
    this.#streams[this.#next++ % 4]?.add(stream)
    if (this.#timer) return
    this.#startedAt = performance.now()
    this.#done = 0
    this.#timer = setInterval(() => this.#tick(), 2)
  }

  remove(stream: Stream): void {
    for (const slot of this.#streams) slot.delete(stream)
    if (this.#streams.some((slot) => slot.size > 0)) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    const now = performance.now()
    const due = Math.floor((now - this.#startedAt) / (frameMs / 4))
    while (this.#done < due) {
      this.#done++
      this.ear.late(now - this.#startedAt - this.#done * (frameMs / 4))
      for (const stream of this.#streams[this.#done % 4] ?? []) stream.send()
    }
  }
}

/** A phone's transport. */
export interface VoiceSocket {
  readonly port: number
  onPacket(take: (data: Buffer) => void): void
  /** @param there called when packets can be sent */
  connect(port: number, address: string, there: () => void): void
  send(packet: Buffer): void
  close(): void
}

async function plainSocket(): Promise<VoiceSocket> {
  const socket: Socket = createSocket('udp4')
  socket.on('error', () => undefined)
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    get port() {
      return socket.address().port
    },
    onPacket: (take) => void socket.on('message', take),
    connect: (port, address, there) => socket.connect(port, address, there),
    send: (packet) => socket.send(packet),
    close: () => socket.close(),
  }
}

/** The audio of one phone in one call: sends speech with a mark in each packet, looks for its counterpart's mark in received ones. */
export class Stream {
  readonly #packet = Buffer.alloc(headerBytes + frameBytes)
  #sequence = 0
  #timestamp = 0
  #frame: number
  #count = 0
  #eventType: number | undefined
  /** Number of the counterpart's last packet. */
  #lastHeard: number | undefined
  firstPacketAt: number | undefined
  /** The first audible sample not from the counterpart is played: the switch itself speaks. */
  firstSoundAt: number | undefined
  hearsPeerAt: number | undefined
  /** The counterpart sends this tone, in a codec that loses the mark. */
  peerToneHz: number | undefined
  #tonePackets = 0
  #running = false
  #connected = false
  #closed = false

  private constructor(
    private readonly socket: VoiceSocket,
    private readonly crowd: Crowd,
    /** Unique among the calls that are up; the counterpart of 2n is 2n+1. */
    private readonly id: number,
  ) {
    this.#frame = (id * 37) % 200
    this.#packet[0] = 0x80
    this.#packet[1] = 8
    this.#packet.writeUInt32BE(0x10_00_00 + id, 8)
    socket.onPacket((data) => this.#hear(data))
  }

  static async open(crowd: Crowd, id: number, socket?: VoiceSocket): Promise<Stream> {
    return new Stream(socket ?? (await plainSocket()), crowd, id)
  }

  get port(): number {
    return this.socket.port
  }

  start(to: { readonly address: string; readonly port: number; readonly eventType: number | undefined }): void {
    if (this.#running || this.#closed) return
    this.#running = true
    this.#eventType = to.eventType
    this.socket.connect(to.port, to.address, () => {
      if (this.#closed) return
      this.#connected = true
      if (this.#running) this.crowd.beat.add(this)
    })
  }

  /** Stops sending; still listens. */
  stop(): void {
    if (!this.#running) return
    this.#running = false
    this.crowd.beat.remove(this)
  }

  /** The switch's next audio is a new sound. */
  expectSound(): void {
    this.firstSoundAt = undefined
  }

  close(): void {
    if (this.#closed) return
    this.stop()
    this.#closed = true
    this.#connected = false
    this.socket.close()
  }

  send(): void {
    const packet = this.#packet
    this.#advance()
    packet[1] = 8
    voice.copy(packet, headerBytes, this.#frame * frameBytes, (this.#frame + 1) * frameBytes)
    this.#frame = (this.#frame + 1) % 200
    packet.writeUInt32BE(magic, headerBytes)
    packet.writeUInt16BE(this.id, headerBytes + 4)
    packet.writeUInt32BE(this.#count++, headerBytes + 6)
    packet.writeDoubleBE(performance.now(), headerBytes + 10)
    this.crowd.ear.sent++
    this.socket.send(packet)
  }

  /** Presses a key for 100 ms (RFC 4733); the three end packets leave together. @returns when the last of them has left */
  async press(key: number): Promise<number> {
    const type = this.#eventType
    if (type === undefined) throw new Error('the switch takes no telephone-events')
    this.crowd.beat.remove(this)
    this.#advance()
    const timestamp = this.#timestamp
    for (let n = 1; n <= 5; n++) {
      this.#event(type, key, timestamp, n * frameBytes, n === 1, false)
      await new Promise((resolve) => setTimeout(resolve, frameMs))
    }
    for (let n = 0; n < 3; n++) this.#event(type, key, timestamp, 5 * frameBytes, false, true)
    const at = performance.now()
    this.#timestamp = (timestamp + 5 * frameBytes) >>> 0
    if (this.#running) this.crowd.beat.add(this)
    return at
  }

  #event(type: number, key: number, timestamp: number, duration: number, marker: boolean, end: boolean): void {
    const packet = Buffer.alloc(headerBytes + 4)
    this.#packet.copy(packet, 0, 0, headerBytes)
    packet[1] = type | (marker ? 0x80 : 0)
    packet.writeUInt16BE((this.#sequence = (this.#sequence + 1) & 0xffff), 2)
    packet.writeUInt32BE(timestamp, 4)
    packet[headerBytes] = key
    packet[headerBytes + 1] = (end ? 0x80 : 0) | 10
    packet.writeUInt16BE(duration, headerBytes + 2)
    if (this.#connected) this.socket.send(packet)
  }

  #advance(): void {
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#timestamp = (this.#timestamp + frameBytes) >>> 0
    this.#packet.writeUInt16BE(this.#sequence, 2)
    this.#packet.writeUInt32BE(this.#timestamp, 4)
  }

  /** Five packets in a row: a voice has the frequency for a moment. */
  #isTone(data: Buffer, hz: number): boolean {
    const samples = Array.from(data.subarray(headerBytes), (octet) => ALAW_TO_LINEAR[octet] ?? 0)
    this.#tonePackets = toneShare(samples, hz) > 0.8 ? this.#tonePackets + 1 : 0
    return this.#tonePackets >= 5
  }

  #hear(data: Buffer): void {
    if (data.length < headerBytes + markBytes) return
    const now = performance.now()
    this.firstPacketAt ??= now
    if (data.readUInt32BE(headerBytes) === magic && data.readUInt16BE(headerBytes + 4) === (this.id ^ 1)) {
      const count = data.readUInt32BE(headerBytes + 6)
      this.hearsPeerAt ??= now
      if (this.#lastHeard !== undefined && count > this.#lastHeard + 1) this.crowd.ear.lost += count - this.#lastHeard - 1
      if (this.#lastHeard === undefined || count > this.#lastHeard) this.#lastHeard = count
      this.crowd.ear.hear(now - data.readDoubleBE(headerBytes + 10), now)
      return
    }
    if (this.peerToneHz !== undefined && this.hearsPeerAt === undefined && this.#isTone(data, this.peerToneHz)) this.hearsPeerAt = now
    if (this.firstSoundAt !== undefined) return
    for (let at = headerBytes; at < data.length; at++) {
      if (Math.abs(ALAW_TO_LINEAR[data[at] ?? silenceByte] ?? 0) < audible) continue
      this.firstSoundAt = now + (at - headerBytes) / samplesPerMs
      return
    }
  }
}

/** Shared by all phones: one beat, one ear. */
export class Crowd {
  readonly ear = new Ear()
  readonly beat = new Beat(this.ear)
}
