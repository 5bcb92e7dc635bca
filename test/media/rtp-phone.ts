import { createSocket, type Socket } from 'node:dgram'
import { ALAW_TO_LINEAR, encodeG711, LINEAR_TO_ALAW, LINEAR_TO_MULAW, MULAW_TO_LINEAR } from '../../src/embedded/protocols/rtp/g711.js'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { amplitudeOf } from '../../src/embedded/protocols/rtp/level.js'
import { Oscillator } from '../../src/embedded/protocols/rtp/oscillator.js'
import { buildRtp, parseRtp, type RtpPacket } from '../../src/embedded/protocols/rtp/packet.js'
import { parseRtcp, type RtcpPacket } from '../../src/embedded/protocols/rtp/rtcp.js'
import { TelephoneEventSender, writeTelephoneEvent } from '../../src/embedded/protocols/rtp/telephone-event.js'

export interface Arrived extends RtpPacket {
  /** Monotonic ms. */
  readonly at: number
  readonly from: number
}

export interface PhoneOptions {
  readonly codec?: 'PCMU' | 'PCMA'
  readonly eventType?: number
  /** Local address; default 127.0.0.1. */
  readonly address?: string
  /** Synchronisation source of what it sends. */
  readonly ssrc?: number
}

/** The audio half of a telephone, for tests: says a tone, keeps all that it hears. */
export class RtpPhone {
  readonly heard: Arrived[] = []
  readonly reports: RtcpPacket[] = []
  readonly port: number
  readonly codec: 'PCMU' | 'PCMA'
  readonly #socket: Socket
  readonly #rtcp: Socket
  readonly #eventType: number
  #timer: NodeJS.Timeout | undefined
  #sequence = 65_500
  #timestamp = 0xffff_f000
  #ssrc: number
  #to = 0
  /** Where it sends to: the loopback of its own family. */
  readonly #host: string
  /** Drops outgoing packets for which this says true (their sequence numbers are used up all the same). */
  lose: (index: number) => boolean = () => false

  private constructor(socket: Socket, rtcp: Socket, options: PhoneOptions) {
    this.#socket = socket
    this.#rtcp = rtcp
    this.port = socket.address().port
    this.codec = options.codec ?? 'PCMU'
    this.#eventType = options.eventType ?? 101
    this.#host = options.address?.includes(':') === true ? '::1' : '127.0.0.1'
    this.#ssrc = options.ssrc ?? 0x1234_5678
    socket.on('message', (data, from) => {
      const packet = parseRtp(data)
      if (packet) this.heard.push({ ...packet, payload: Buffer.from(packet.payload), at: performance.now(), from: from.port })
    })
    rtcp.on('message', (data) => this.reports.push(...(parseRtcp(data) ?? [])))
  }

  static async open(options: PhoneOptions = {}): Promise<RtpPhone> {
    const bind = (port: number) =>
      new Promise<Socket>((resolve, reject) => {
        const socket = createSocket(options.address?.includes(':') === true ? 'udp6' : 'udp4')
        socket.once('error', reject).bind(port, options.address ?? '127.0.0.1', () => resolve(socket))
      })
    for (let tries = 0; tries < 20; tries++) {
      const rtp = await bind(0)
      const rtcp = await bind(rtp.address().port + 1).catch(() => undefined)
      if (rtcp) return new RtpPhone(rtp, rtcp, options)
      rtp.close()
    }
    throw new Error('no port pair for a test phone')
  }

  /** Sends 20 ms frames of a tone to a port, in step with the clock, until `hush`. */
  says(frequencyHz: number, to: number): void {
    this.hush()
    this.#to = to
    const oscillator = new Oscillator(frequencyHz)
    const amplitude = amplitudeOf(-10)
    const samples = new Int16Array(160)
    const begun = performance.now()
    let sent = 0
    const send = () => {
      for (const due = Math.floor((performance.now() - begun) / 20) + 1; sent < due; sent++) {
        for (let index = 0; index < 160; index++) samples[index] = oscillator.next() * amplitude
        this.#sendFrame(samples, sent)
      }
    }
    send()
    this.#timer = setInterval(send, 5)
  }

  hush(): void {
    clearInterval(this.#timer)
  }

  /** One frame of linear samples, now. */
  sendSamples(samples: Int16Array, to: number): void {
    this.#to = to
    this.#sendFrame(samples, 0)
  }

  /** Presses a key as RFC 4733 events, all packets at once (receivers go by timestamps). `lose`: which of them are lost, by index. */
  presses(digit: string, to: number, lose: (index: number) => boolean = () => false): void {
    const sender = new TelephoneEventSender(digit, { durationMs: 100 })
    const start = this.#timestamp
    const payload = Buffer.alloc(4)
    for (let index = 0, packet = sender.next(); packet; index++, packet = sender.next()) {
      writeTelephoneEvent(payload, 0, packet)
      const data = buildRtp({
        marker: packet.marker,
        payloadType: this.#eventType,
        sequence: this.#sequence,
        timestamp: start,
        ssrc: this.#ssrc,
        payload,
      })
      this.#sequence = (this.#sequence + 1) & 0xffff
      this.#timestamp = (this.#timestamp + 160) >>> 0
      if (!lose(index)) this.#socket.send(data, to, this.#host)
    }
  }

  /** Begins another stream (SSRC), as a phone does after a transfer. */
  changesStream(ssrc: number): void {
    this.#ssrc = ssrc
  }

  /** One datagram from its RTCP port. */
  sendReport(data: Buffer, to: number): void {
    this.#rtcp.send(data, to, this.#host)
  }

  /** Raw bytes, for what is not RTP or not allowed. */
  sendRaw(data: Buffer, to: number): void {
    this.#socket.send(data, to, this.#host)
  }

  /** Forgets what was heard. */
  forget(): void {
    this.heard.length = 0
  }

  /** The audio of what was heard last, decoded. */
  audio(ms = 200): Int16Array {
    const table = this.codec === 'PCMU' ? MULAW_TO_LINEAR : ALAW_TO_LINEAR
    const octets = Buffer.concat(
      this.heard
        .filter((packet) => packet.payloadType === (this.codec === 'PCMU' ? 0 : 8))
        .slice(-ms / 20)
        .map((packet) => Buffer.from(packet.payload)),
    )
    return Int16Array.from(octets, (octet) => table[octet] ?? 0)
  }

  /** Share of a frequency in the last 200 ms heard. */
  hears(frequencyHz: number): number {
    return toneShare(this.audio(), frequencyHz)
  }

  /** The greatest share of a frequency in any stretch of `ms` of all that was heard: a short sound is not missed, however late it is looked for. */
  hasHeard(frequencyHz: number, ms = 200): number {
    const all = this.audio(Infinity)
    let greatest = 0
    for (let at = 0; at + ms * 8 <= all.length; at += 160) greatest = Math.max(greatest, toneShare(all, frequencyHz, 8000, at, ms * 8))
    return greatest
  }

  async close(): Promise<void> {
    this.hush()
    await Promise.all([this.#socket, this.#rtcp].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
  }

  #sendFrame(samples: Int16Array, index: number): void {
    const payload = new Uint8Array(samples.length)
    encodeG711(this.codec === 'PCMU' ? LINEAR_TO_MULAW : LINEAR_TO_ALAW, samples, 0, samples.length, payload)
    const data = buildRtp({
      marker: index === 0,
      payloadType: this.codec === 'PCMU' ? 0 : 8,
      sequence: this.#sequence,
      timestamp: this.#timestamp,
      ssrc: this.#ssrc,
      payload,
    })
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#timestamp = (this.#timestamp + samples.length) >>> 0
    if (!this.lose(index)) this.#socket.send(data, this.#to, this.#host)
  }
}

/** Waits until something holds; rejects with `what` after `ms`. */
export async function until(what: string, holds: () => boolean, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
