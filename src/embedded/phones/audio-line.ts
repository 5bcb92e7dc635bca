import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { dtmfTone } from '../protocols/rtp/dtmf-tones.js'
import { ALAW_TO_LINEAR, decodeG711, MULAW_TO_LINEAR } from '../protocols/rtp/g711.js'
import {
  emptyRtpHeader,
  readRtpHeader,
  RTP_HEADER_BYTES,
  sequenceDistance,
  timestampDistance,
  writeRtpHeader,
} from '../protocols/rtp/packet.js'
import { parseTelephoneEvent, TelephoneEventReceiver, TelephoneEventSender, writeTelephoneEvent } from '../protocols/rtp/telephone-event.js'
import { WavSpoolWriter } from '../protocols/rtp/wav-spool-writer.js'
import type { AudioAgreement, AudioCodec } from '../protocols/sdp/offer-answer.js'
import { Ear } from './ear.js'
import { metronome } from './metronome.js'
import { encoded, FRAME_SAMPLES, toneLoop } from './voice.js'

const MAX_FRAME_SAMPLES = 1600
/** A gap of more than this in the RTP timestamps is a new start of the sender's clock, not lost audio. */
const MAX_GAP_SAMPLES = 5 * 8000

/** What was sent and received, in packets. */
export interface AudioCounts {
  readonly sent: number
  readonly received: number
  /** Missing in the sequence numbers. */
  readonly lost: number
}

/** Samples being played, with the callback for their end. */
interface Playing {
  readonly samples: Int16Array
  at: number
  bytes: Buffer | undefined
  readonly done: () => void
}

/** The media end of one call of a phone: one UDP socket, RTP out every 20 ms, RTP in to the ear. */
export class AudioLine {
  readonly ear = new Ear()
  /** Keys that came in as RFC 4733 events. */
  readonly keysHeard: string[] = []
  readonly port: number
  readonly #socket: Socket
  readonly #header = emptyRtpHeader()
  readonly #decoded = new Int16Array(MAX_FRAME_SAMPLES)
  readonly #packet = Buffer.alloc(RTP_HEADER_BYTES + FRAME_SAMPLES)
  readonly #event = Buffer.alloc(RTP_HEADER_BYTES + 4)
  readonly #keys = new TelephoneEventReceiver(({ digit }) => this.keysHeard.push(digit))
  readonly #ssrc = randomInt(2 ** 32)
  #sequence = randomInt(65_536)
  #timestamp = randomInt(2 ** 32)
  #agreement: AudioAgreement | undefined
  #toneHz = 0
  #loopAt = 0
  #muted = false
  #playing: Playing | undefined
  readonly #events: { readonly sender: TelephoneEventSender; timestamp: number | undefined; readonly done: (at: number) => void }[] = []
  #stopBeat: (() => void) | undefined
  #firstPacket = true
  #recorder: WavSpoolWriter | undefined
  #remoteSsrc: number | undefined
  #lastSequence = 0
  #nextTimestamp = 0
  #sent = 0
  #received = 0
  #lost = 0
  #closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    this.port = socket.address().port
    socket.on('message', (data) => this.#receive(data))
    socket.on('error', () => undefined)
  }

  /** @param address where to listen; the port is any free one */
  static async open(address: string): Promise<AudioLine> {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 256 * 1024 })
    socket.bind(0, address)
    await once(socket, 'listening')
    return new AudioLine(socket)
  }

  get counts(): AudioCounts {
    return { sent: this.#sent, received: this.#received, lost: this.#lost }
  }
  get agreement(): AudioAgreement | undefined {
    return this.#agreement
  }

  /** Applies the result of offer and answer: at the start of the call and at each re-INVITE. Sending begins, goes on or pauses accordingly. */
  connect(agreement: AudioAgreement): void {
    if (this.#closed) return
    if (this.#agreement?.codec !== agreement.codec && this.#playing !== undefined) this.#playing.bytes = undefined
    this.#agreement = agreement
    this.#stopBeat ??= metronome.listen(() => this.#beat())
  }

  /** The steady tone that is sent; 0: silence (packets go on). */
  speak(frequencyHz: number): void {
    this.#toneHz = frequencyHz
    this.#loopAt = 0
  }

  /** Sends no RTP at all: a dead phone, a broken network. */
  mute(muted: boolean): void {
    this.#muted = muted
  }

  /** Plays samples (8 kHz) in place of the tone. Settles when they are out, or the line is closed, or something else is played. */
  play(samples: Int16Array): Promise<void> {
    this.#playing?.done()
    return new Promise((resolve) => {
      this.#playing = { samples, at: 0, bytes: undefined, done: resolve }
    })
  }

  /** Sends a key as RFC 4733 events. @returns when its last packet went out (monotonic ms) */
  pressEvent(key: string, durationMs: number): Promise<number> {
    return new Promise((resolve) => {
      this.#events.push({ sender: new TelephoneEventSender(key, { durationMs }), timestamp: undefined, done: resolve })
    })
  }

  /** Sends a key as the tones themselves. @returns when the tones ended (monotonic ms) */
  async pressTones(key: string, durationMs: number): Promise<number> {
    await this.play(dtmfTone(key, { durationMs }))
    return performance.now()
  }

  /** Writes the audio received from now on to a WAV file (mono, 8 kHz); gaps are silence. */
  async record(path: string): Promise<void> {
    await this.#recorder?.end()
    this.#recorder = await WavSpoolWriter.open(path, { channels: 1 })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stopBeat?.()
    this.#playing?.done()
    for (const event of this.#events.splice(0)) event.done(performance.now())
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
    await this.#recorder?.end()
  }

  #beat(): void {
    const agreement = this.#agreement
    if (agreement === undefined) return
    this.#keys.poll(performance.now())
    const sends = agreement.direction === 'sendrecv' || agreement.direction === 'sendonly'
    if (sends && !this.#muted && !this.#sendEvent(agreement)) this.#sendAudio(agreement)
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0
  }

  #sendAudio(agreement: AudioAgreement): void {
    this.#nextFrame(agreement.codec).copy(this.#packet, RTP_HEADER_BYTES)
    writeRtpHeader(this.#packet, this.#firstPacket, agreement.payloadType, this.#sequence, this.#timestamp, this.#ssrc)
    this.#firstPacket = false
    this.#transmit(Buffer.from(this.#packet), agreement)
  }

  #nextFrame(codec: AudioCodec): Buffer {
    const playing = this.#playing
    if (playing !== undefined) {
      playing.bytes ??= encoded(playing.samples, codec)
      const frame = playing.bytes.subarray(playing.at, playing.at + FRAME_SAMPLES)
      playing.at += FRAME_SAMPLES
      if (playing.at >= playing.bytes.length) {
        this.#playing = undefined
        playing.done()
      }
      if (frame.length === FRAME_SAMPLES) return frame
    }
    const loop = toneLoop(this.#toneHz, codec)
    const at = this.#loopAt % loop.length
    this.#loopAt = at + FRAME_SAMPLES
    return loop.subarray(at, at + FRAME_SAMPLES)
  }

  /** @returns whether a key is down, so that no audio goes out */
  #sendEvent(agreement: AudioAgreement): boolean {
    const current = this.#events[0]
    const payloadType = agreement.telephoneEvent
    if (current === undefined || payloadType === undefined) return false
    const packet = current.sender.next()
    if (packet === undefined) {
      this.#events.shift()
      return false
    }
    current.timestamp ??= this.#timestamp
    writeTelephoneEvent(this.#event, RTP_HEADER_BYTES, packet)
    writeRtpHeader(this.#event, packet.marker, payloadType, this.#sequence, current.timestamp, this.#ssrc)
    this.#transmit(Buffer.from(this.#event), agreement)
    if (packet.last) {
      this.#events.shift()
      current.done(performance.now())
    }
    return true
  }

  #transmit(packet: Buffer, agreement: AudioAgreement): void {
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#sent++
    this.#socket.send(packet, agreement.remotePort, agreement.remoteAddress, () => undefined)
  }

  #receive(data: Buffer): void {
    const header = this.#header
    const agreement = this.#agreement
    if (agreement === undefined || !readRtpHeader(data, header)) return
    const now = performance.now()
    if (agreement.telephoneEventsTaken.includes(header.payloadType)) {
      const event = parseTelephoneEvent(data, header.payloadStart, header.payloadEnd)
      if (event !== undefined) this.#keys.packet(header.ssrc, header.timestamp, event, now)
      this.#countSequence(header.ssrc, header.sequence)
      return
    }
    const table = header.payloadType === 8 ? ALAW_TO_LINEAR : header.payloadType === 0 ? MULAW_TO_LINEAR : undefined
    const law = header.payloadType === agreement.payloadType ? (agreement.codec === 'PCMA' ? ALAW_TO_LINEAR : MULAW_TO_LINEAR) : table
    if (law === undefined || !this.#countSequence(header.ssrc, header.sequence)) return
    const count = Math.min(header.payloadEnd - header.payloadStart, MAX_FRAME_SAMPLES)
    decodeG711(law, data, header.payloadStart, count, this.#decoded)
    this.#recordSamples(header.timestamp, count)
    this.ear.push(this.#decoded, count, now)
  }

  /** @returns false for a packet that is late or repeated: no phone would play it */
  #countSequence(ssrc: number, sequence: number): boolean {
    this.#received++
    const first = this.#remoteSsrc !== ssrc
    this.#remoteSsrc = ssrc
    const ahead = first ? 1 : sequenceDistance(sequence, this.#lastSequence)
    if (ahead <= 0) {
      this.#lost = Math.max(0, this.#lost - 1)
      return false
    }
    if (ahead < 1000) this.#lost += ahead - 1
    this.#lastSequence = sequence
    if (first) this.#nextTimestamp = 0
    return true
  }

  #recordSamples(timestamp: number, count: number): void {
    const recorder = this.#recorder
    if (recorder === undefined) return
    const gap = this.#nextTimestamp === 0 ? 0 : timestampDistance(timestamp, this.#nextTimestamp)
    if (gap > 0 && gap <= MAX_GAP_SAMPLES) recorder.append(new Int16Array(gap))
    this.#nextTimestamp = (timestamp + count) >>> 0
    recorder.append(this.#decoded.subarray(0, count))
  }
}
