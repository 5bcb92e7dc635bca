import { createSocket, type Socket } from 'node:dgram'
import { amplitudeOf, decode, encode, frame, payloadTypes, peak, tonesOf, type Law } from './sound.js'

export interface HeardPacket {
  /** performance.now() at its arrival. */
  readonly at: number
  readonly sequence: number
  readonly timestamp: number
  readonly ssrc: number
  readonly payloadType: number
  readonly samples: Int16Array
}

export interface HeardEvent {
  readonly at: number
  readonly code: number
  readonly end: boolean
}

/** The voice of a test phone: sends a tone (or silence) every 20 ms, keeps what comes in. */
export class PhoneMedia {
  readonly packets: HeardPacket[] = []
  readonly events: HeardEvent[] = []
  law: Law = 'PCMA'
  telephoneEventType: number | undefined
  remote: { address: string; port: number } | undefined
  /** What the phone sings, Hz; empty: silence. */
  tones: readonly number[] = []
  /** No packets at all. */
  mute = false
  readonly #socket: Socket
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32)
  readonly #queue: (() => Buffer)[] = []
  #sequence = Math.floor(Math.random() * 1000)
  #timestamp = Math.floor(Math.random() * 100_000)
  #timer: NodeJS.Timeout | undefined
  /** When this phone itself was kept from sending, and for how long. */
  readonly pauses: { readonly at: number; readonly ms: number }[] = []
  #tickedAt = 0
  #sent = 0
  #startedAt = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (data) => this.#take(data))
  }

  static async open(address = '127.0.0.1'): Promise<PhoneMedia> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, address, resolve))
    return new PhoneMedia(socket)
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Begins to send, paced against the clock so that lateness of this process does not add up. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#startedAt = this.#tickedAt = performance.now()
    this.#sent = 0
    const tick = () => {
      const now = performance.now()
      if (now - this.#tickedAt > 40) this.pauses.push({ at: now, ms: now - this.#tickedAt })
      this.#tickedAt = now
      const due = Math.floor((now - this.#startedAt) / 20)
      if (due - this.#sent > 10) this.#sent = due - 10
      while (this.#sent <= due) {
        this.#send()
        this.#sent++
      }
    }
    this.#timer = setInterval(tick, 10)
    tick()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  close(): void {
    this.stop()
    this.#socket.close()
  }

  /** Presses a key as RFC 4733 events: `ms` long, the end packet three times. `restless`: each packet with a timestamp of its own, as some phones do it. @returns when the first end packet went out */
  press(key: string, ms = 100, restless = false): Promise<number> {
    const code = '0123456789*#ABCD'.indexOf(key)
    const type = this.telephoneEventType
    if (type === undefined) throw new Error('telephone-event was not agreed on')
    const frames = Math.max(2, Math.round(ms / 20))
    const start = this.#timestamp + 160 * (this.#queue.length + 1)
    return new Promise((resolve) => {
      for (let index = 0; index < frames + 3; index++) {
        const end = index >= frames
        this.#queue.push(() => {
          const payload = Buffer.alloc(4)
          payload.writeUInt8(code, 0)
          payload.writeUInt8((end ? 0x80 : 0) | 10, 1)
          payload.writeUInt16BE(Math.min(index + 1, frames) * 160, 2)
          if (index === frames) resolve(performance.now())
          return this.#packet(type, payload, (restless ? start + index * 160 : start) >>> 0, index === 0)
        })
      }
    })
  }

  /** Presses a key as tones in the voice. @returns when the last packet went out */
  whistle(key: string, ms = 120): Promise<number> {
    const tones = tonesOf(key)
    const frames = Math.round(ms / 20)
    return new Promise((resolve) => {
      for (let index = 0; index < frames + 3; index++) {
        this.#queue.push(() => {
          if (index === frames) resolve(performance.now())
          return this.#packet(
            payloadTypes[this.law],
            encode(this.law, frame(index < frames ? tones : [], this.#timestamp)),
            this.#timestamp,
            false,
          )
        })
      }
    })
  }

  /** Says something. @returns when its last packet went out */
  say(samples: Int16Array): Promise<number> {
    const frames = Math.ceil(samples.length / 160)
    return new Promise((resolve) => {
      for (let index = 0; index < frames; index++) {
        const part = new Int16Array(160)
        part.set(samples.subarray(index * 160, (index + 1) * 160))
        this.#queue.push(() => {
          if (index === frames - 1) resolve(performance.now())
          return this.#packet(payloadTypes[this.law], encode(this.law, part), this.#timestamp, false)
        })
      }
    })
  }

  /** Waits until it has heard `spokenMs` of voice in all, and then `quietMs` of silence. @returns when the voice fell quiet */
  async hearsOut(spokenMs: number, quietMs: number, since: number, withinMs = 30_000): Promise<number> {
    const until = performance.now() + withinMs
    for (;;) {
      const loud = this.packets.filter((packet) => packet.at >= since && peak(packet.samples) > 500)
      const last = loud.at(-1)?.at ?? since
      if (loud.length * 20 >= spokenMs && performance.now() - last >= quietMs) return last
      if (performance.now() > until) throw new Error(`nobody spoke for ${spokenMs} ms and fell quiet within ${withinMs} ms`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Time of arrival of the first voice packet after `since` in which this frequency sounds. */
  firstHeard(frequency: number, since = 0): number | undefined {
    return this.packets.find((packet) => packet.at >= since && amplitudeOf(frequency, packet.samples) > 1000)?.at
  }

  /** Resolves with the time at which the frequency was first heard; rejects after `withinMs`. */
  async hears(frequency: number, withinMs = 15_000, since = 0): Promise<number> {
    const until = performance.now() + withinMs
    for (;;) {
      const at = this.firstHeard(frequency, since)
      if (at !== undefined) return at
      if (performance.now() > until) throw new Error(`${frequency} Hz was not heard within ${withinMs} ms (${this.packets.length} packets)`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** Packets in which this frequency stands alone: a click has some of every frequency. */
  countPure(frequency: number): number {
    return this.packets.filter((packet) => amplitudeOf(frequency, packet.samples) > Math.max(1_000, peak(packet.samples) / 2)).length
  }

  /** Is this frequency in the last `ms` of what was received? */
  hearsNow(frequency: number, ms = 100): boolean {
    const since = performance.now() - ms
    return this.firstHeard(frequency, since) !== undefined
  }

  /** Everything heard since then, in order, as one run of samples. */
  samplesSince(since: number): Int16Array {
    return Int16Array.from(this.packets.filter((packet) => packet.at >= since).flatMap((packet) => [...packet.samples]))
  }

  /** Longest silence (ms) between sounds since then; what comes before the first and after the last sound does not count. */
  longestGapMs(since: number): number {
    const loud = this.packets.filter((packet) => packet.at >= since && peak(packet.samples) > 500)
    let longest = 0
    for (let index = 1; index < loud.length; index++) longest = Math.max(longest, loud[index]!.at - loud[index - 1]!.at - 20)
    return longest
  }

  #send(): void {
    const queued = this.#queue.shift()
    const data =
      queued === undefined
        ? this.mute
          ? undefined
          : this.#packet(payloadTypes[this.law], encode(this.law, frame(this.tones, this.#timestamp)), this.#timestamp, false)
        : queued()
    this.#timestamp = (this.#timestamp + 160) >>> 0
    if (data !== undefined && this.remote !== undefined) this.#socket.send(data, this.remote.port, this.remote.address)
  }

  #packet(type: number, payload: Buffer, timestamp: number, marker: boolean): Buffer {
    const head = Buffer.alloc(12)
    head.writeUInt8(0x80, 0)
    head.writeUInt8(type | (marker ? 0x80 : 0), 1)
    head.writeUInt16BE(this.#sequence, 2)
    head.writeUInt32BE(timestamp, 4)
    head.writeUInt32BE(this.#ssrc, 8)
    this.#sequence = (this.#sequence + 1) & 0xffff
    return Buffer.concat([head, payload])
  }

  #take(data: Buffer): void {
    if (data.length < 12 || data[0]! >> 6 !== 2) return
    const payloadType = data[1]! & 0x7f
    const at = performance.now()
    const payload = data.subarray(12)
    if (payloadType === this.telephoneEventType) {
      this.events.push({ at, code: payload[0]!, end: (payload[1]! & 0x80) !== 0 })
      return
    }
    if (payloadType !== 0 && payloadType !== 8) return
    this.packets.push({
      at,
      sequence: data.readUInt16BE(2),
      timestamp: data.readUInt32BE(4),
      ssrc: data.readUInt32BE(8),
      payloadType,
      samples: decode(payloadType, payload),
    })
  }
}
