import { EventEmitter } from 'node:events'
import type { RemoteInfo } from 'node:dgram'
import { isIP } from 'node:net'
import { dtmfTone } from '../../rtp/dtmf-tones.js'
import { encodeG711, mapOctets } from '../../rtp/g711.js'
import { emptyRtpHeader, readRtpHeader, RTP_HEADER_BYTES, writeRtpHeader } from '../../rtp/packet.js'
import { Reception } from '../../rtp/reception.js'
import { parseTelephoneEvent, TelephoneEventReceiver, writeTelephoneEvent, type TelephoneEventPacket } from '../../rtp/telephone-event.js'
import type { ClipLibrary } from './audio-clip.js'
import { DigitSender } from './digit-sender.js'
import { SampleSource } from './frame-source.js'
import type { FrameClient } from './frame-scheduler.js'
import { InbandListener } from './inband-listener.js'
import { InboundTimeline } from './inbound-timeline.js'
import { LAWS, type Law } from './law.js'
import type { ChannelMedia, ChannelStats, MediaChannel, MediaChannelEvents, RecordingHandle, RecordingOptions } from './media-channel.js'
import { OutboundStream } from './outbound-stream.js'
import { PartyStream } from './party-stream.js'
import { Player } from './player.js'
import type { PlayHandle, PlaySource } from './play-source.js'
import type { PortPair } from './port-pairs.js'
import { Recorder } from './recorder.js'
import { RtcpSession, type SentSoFar } from './rtcp-session.js'
import { SourceLatch, type RemoteAddress } from './source-latch.js'

/** What a channel needs of the engine. */
export interface ChannelHouse {
  readonly clips: ClipLibrary
  readonly silenceWhenIdle: boolean
  readonly random: () => number
  /** Packet loss on purpose, shares 0..1; read at every packet. */
  readonly loss: { in: number; out: number }
  readonly fault: (kind: 'socket' | 'recording', channelId: string, message: string) => void
  readonly mediaTimeoutMs: number
}

/** Samples a ms. */
const RATE = 8
/** A bridged peer that has sent nothing for so long is silent: we send silence in its stead, ms. */
const RELAY_SILENT_MS = 200
/** Frames that are sent at once to make up for a late beat; the rest follow with the next beats. */
const CATCH_UP = 2
/** A stream that is this far ahead of the clock when a frame is due has one to spare; a late beat makes it less, never more. 15 ms. */
const AHEAD_SAMPLES = 120
/** More than this behind, what was missed is not sent any more: the timestamps jump instead. 200 ms. */
const GIVE_UP_SAMPLES = 1600
const HOUSEKEEPING_BEATS = 25
const PTIMES = [10, 20, 30, 40, 60]
/** Comfort noise (RFC 3389): taken as a sign of life, not as audio. */
const COMFORT_NOISE = 13
/** Packets that may be on their way to the socket at the same time: a send is carried out after the callback that asked for it. */
const SCRATCH_PACKETS = 4

/** Filled and used within one callback: nothing that is called in between comes back here. */
const header = emptyRtpHeader()
const frame = new Int16Array(480)
const eventPayload = new Uint8Array(4)

interface Configured {
  readonly media: ChannelMedia
  readonly law: Law
  readonly payloadType: number
  readonly ptimeMs: number
  readonly ptimeSamples: number
  readonly sends: boolean
  readonly receives: boolean
  readonly scratch: readonly Buffer[]
}

/** One party's audio over RTP: see `MediaChannel`. */
export class RtpChannel extends EventEmitter<MediaChannelEvents> implements MediaChannel, FrameClient {
  readonly id: string
  readonly #house: ChannelHouse
  #address: string
  #ports: PortPair
  readonly #latch = new SourceLatch()
  readonly #stream = new PartyStream()
  readonly #outbound: OutboundStream
  readonly #reception = new Reception()
  readonly #timeline = new InboundTimeline()
  readonly #player: Player
  readonly #digits = new DigitSender()
  readonly #rtcp: RtcpSession
  readonly #recorders = new Set<Recorder>()
  readonly #events: TelephoneEventReceiver
  #inband: InbandListener | undefined
  #configured: Configured | undefined
  #peer: RtpChannel | undefined
  #closing: Promise<void> | undefined

  #packetsIn = 0
  #packetsOut = 0
  #bytesIn = 0
  #bytesOut = 0
  #dropped = 0
  #heardAt = 0
  #timeoutMs: number
  #timeoutTold = false
  #eventsHeard = false
  #relayedAt = -Infinity
  #owed = 0
  #beats = 0
  #scratchNext = 0
  #eventStart = 0

  constructor(id: string, address: string, ports: PortPair, house: ChannelHouse) {
    super()
    this.id = id
    this.#address = address
    this.#house = house
    this.#ports = ports
    this.#timeoutMs = house.mediaTimeoutMs
    this.#outbound = new OutboundStream(house.random)
    this.#player = new Player(house.clips, this.#startAtOnce)
    this.#rtcp = new RtcpSession(house.random().toString(36) + house.random().toString(36), house.random)
    this.#events = new TelephoneEventReceiver(({ digit, duration, timestamp }) => this.#onEventDigit(digit, duration / RATE, timestamp))
    this.#listen()
  }

  get localAddress(): string {
    return this.#address
  }

  get localPort(): number {
    return this.#ports.port
  }

  /** A channel by itself stays where it is; one of the engine's can move. */
  useFamily(family: 4 | 6): Promise<boolean> {
    return Promise.resolve(isIP(this.#address) === family)
  }

  #listen(): void {
    const { rtp, rtcp } = this.#ports
    rtp.on('message', this.#onRtp)
    rtcp.on('message', this.#onRtcp)
    let told = ''
    const onError = (error: Error) => {
      // The same error comes with every packet: once is enough.
      if (error.message !== told) this.#house.fault('socket', this.id, error.message)
      told = error.message
    }
    rtp.on('error', onError)
    rtcp.on('error', onError)
  }

  /** Goes on at another address and pair of ports; the party is unknown there until `configure`. The sockets left are the caller's to close. */
  protected move(address: string, ports: PortPair): void {
    this.#ports.rtp.off('message', this.#onRtp)
    this.#ports.rtcp.off('message', this.#onRtcp)
    this.#configured = undefined
    this.#address = address
    this.#ports = ports
    this.#listen()
  }

  get remote(): { readonly address: string; readonly port: number } | undefined {
    return this.#configured && this.#latch.remote
  }

  get found(): RemoteAddress | undefined {
    return this.#latch.found
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  get peer(): RtpChannel | undefined {
    return this.#peer
  }

  get plays(): number {
    return this.#player.count
  }

  get recordings(): number {
    return this.#recorders.size
  }

  get stats(): ChannelStats {
    return {
      packetsIn: this.#packetsIn,
      packetsOut: this.#packetsOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      lost: this.#reception.lost,
      jitterMs: this.#reception.jitter / RATE,
      dropped: this.#dropped,
      ssrcOut: this.#outbound.ssrc,
      reportsIn: this.#rtcp.reportsIn,
    }
  }

  configure(media: ChannelMedia): void {
    const { ptimeMs = 20, codec, payloadType = LAWS[codec].staticPayloadType, telephoneEventPayloadType } = media
    if (isIP(media.remoteAddress) !== isIP(this.localAddress)) throw new TypeError(`not an address of this channel's family: ${JSON.stringify(media.remoteAddress)}`)
    if (!Number.isInteger(media.remotePort) || media.remotePort < 0 || media.remotePort > 65535) throw new TypeError(`not a port: ${media.remotePort}`)
    if (!PTIMES.includes(ptimeMs)) throw new TypeError(`not a packet time: ${ptimeMs} ms (one of ${PTIMES.join(', ')})`)
    for (const type of [payloadType, telephoneEventPayloadType]) {
      if (type !== undefined && (!Number.isInteger(type) || type < 0 || type > 127)) throw new TypeError(`not a payload type: ${type}`)
    }
    if (this.closed) return
    const now = performance.now()
    this.#latch.expect({ address: media.remoteAddress, port: media.remotePort, alias: media.remoteAlias, learnFrom: media.learnFrom }, now)
    this.#stream.restart()
    const ptimeSamples = ptimeMs * RATE
    const kept = this.#configured?.ptimeSamples === ptimeSamples ? this.#configured.scratch : undefined
    this.#configured = {
      media,
      law: LAWS[codec],
      payloadType,
      ptimeMs,
      ptimeSamples,
      sends: media.direction === 'sendrecv' || media.direction === 'sendonly',
      receives: media.direction === 'sendrecv' || media.direction === 'recvonly',
      scratch: kept ?? Array.from({ length: SCRATCH_PACKETS }, () => Buffer.alloc(RTP_HEADER_BYTES + ptimeSamples)),
    }
    this.#heardAt = now
    this.#timeoutTold = false
  }

  play(source: PlaySource): PlayHandle {
    const handle = this.#player.play(source)
    if (this.closed) handle.stop()
    return handle
  }

  stopPlaying(): number {
    return this.#player.stopAll()
  }

  async sendDigits(digits: string, options: { readonly durationMs?: number; readonly gapMs?: number } = {}): Promise<'sent' | 'stopped'> {
    const done = this.#digits.add(digits, options.durationMs, options.gapMs)
    if (this.closed) this.#digits.stop()
    return done
  }

  setInbandDetection(on: boolean): void {
    if (!on) this.#inband = undefined
    else this.#inband ??= new InbandListener(({ digit, durationMs }) => {
      // A party that sends events may send the tones as well: they are the same key.
      if (!this.#eventsHeard) this.emit('digit', { digit, durationMs, source: 'INBAND_AUDIO' })
    })
  }

  setMediaTimeout(ms: number): void {
    this.#timeoutMs = ms
    this.#timeoutTold = false
  }

  async startRecording(path: string, options: RecordingOptions = {}): Promise<RecordingHandle> {
    const onError = (error: Error) => this.#house.fault('recording', this.id, error.message)
    const recorder: Recorder = await Recorder.open(path, { ...options, onError }, () => performance.now() * RATE, () => this.#recorders.delete(recorder))
    if (this.closed) void recorder.stop()
    else this.#recorders.add(recorder)
    return recorder
  }

  /** Makes two channels each other's peer. Whoever was theirs before has none afterwards. */
  static join(a: RtpChannel, b: RtpChannel): void {
    if (a.#peer === b) return
    a.part()
    b.part()
    a.#peer = b
    b.#peer = a
  }

  part(): void {
    const peer = this.#peer
    if (!peer) return
    this.#peer = undefined
    peer.#peer = undefined
    this.#relayedAt = -Infinity
    peer.#relayedAt = -Infinity
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut()
    return this.#closing
  }

  async #shut(): Promise<void> {
    this.part()
    this.#player.stopAll()
    this.#digits.stop()
    this.#inband = undefined
    const recordings = [...this.#recorders].map((recorder) => recorder.stop())
    await this.#sayGoodbye()
    this.#ports.rtp.off('message', this.#onRtp)
    await Promise.all(recordings)
  }

  // ---- the 20 ms beat ----

  onFrame(due: number, now: number): void {
    const configured = this.#configured
    const position = Math.floor(now * RATE)
    for (const recorder of this.#recorders) recorder.advance(position)
    if (!configured || this.closed) return
    this.#beats += due
    if (this.#beats >= HOUSEKEEPING_BEATS) {
      this.#beats = 0
      this.#keepHouse(configured, now)
    }
    if (this.#events.open) this.#events.poll(now)
    this.#owed += due * 20 * RATE
    if (this.#owed > GIVE_UP_SAMPLES) {
      this.#owed = configured.ptimeSamples
      this.#outbound.skip()
    }
    const most = CATCH_UP * Math.max(1, Math.floor((20 * RATE) / configured.ptimeSamples))
    for (let sent = 0; sent < most && this.#owed >= configured.ptimeSamples; sent++) {
      this.#owed -= configured.ptimeSamples
      this.#sendFrame(configured, now, position)
    }
  }

  #sendFrame(configured: Configured, now: number, position: number): void {
    const { ptimeSamples, media } = configured
    if (!this.#digits.idle) {
      const sound = media.telephoneEventPayloadType === undefined ? this.#soundKey : undefined
      const event = this.#digits.next(configured.ptimeMs, sound)
      if (event) {
        this.#sendEvent(configured, event, position)
        return
      }
    }
    const filled = this.#player.fill(frame, ptimeSamples)
    if (filled > 0) {
      this.#sendOwn(configured, position, filled === 2)
      return
    }
    const relayed = now - this.#relayedAt < RELAY_SILENT_MS
    // A stream that runs ahead of the clock (a prompt that began at once, a relayed talk spurt) leaves this silence out.
    const ahead = this.#outbound.lead(position) >= AHEAD_SAMPLES
    if (relayed || ahead || !this.#house.silenceWhenIdle) this.#outbound.skip()
    else this.#sendOwn(configured, position, undefined)
  }

  /**
   * A prompt does not wait for the next beat when only silence was being sent: its first frame goes out now, and the stream runs one
   * frame ahead of the clock until a silence is left out.
   */
  readonly #startAtOnce = (): void => {
    const configured = this.#configured
    if (!configured || this.closed || !this.#digits.idle) return
    const now = performance.now()
    const position = Math.floor(now * RATE)
    if (now - this.#relayedAt < RELAY_SILENT_MS || this.#outbound.lead(position) > configured.ptimeSamples) return
    this.#sendFrame(configured, now, position)
  }

  readonly #soundKey = (digit: string, durationMs: number): void => {
    this.#player.playNow(new SampleSource(dtmfTone(digit, { durationMs })))
  }

  /** Sends what is in `frame`, or silence when `startsTalk` is undefined. */
  #sendOwn(configured: Configured, position: number, startsTalk: boolean | undefined): void {
    const { ptimeSamples, law } = configured
    const remote = this.#latch.remote
    if (!configured.sends || !remote) {
      this.#outbound.skip()
      return
    }
    const packet = configured.scratch[this.#scratchNext++ % SCRATCH_PACKETS]
    if (!packet) return
    this.#outbound.own(position, ptimeSamples, startsTalk ?? false)
    const place = this.#outbound.placedAt(position)
    if (startsTalk === undefined) {
      packet.fill(law.silence, RTP_HEADER_BYTES)
      for (const recorder of this.#recorders) recorder.silence(1, place, ptimeSamples)
    } else {
      encodeG711(law.fromLinear, frame, 0, ptimeSamples, packet, RTP_HEADER_BYTES)
      for (const recorder of this.#recorders) recorder.samples(1, place, frame, ptimeSamples)
    }
    this.#send(packet, configured.payloadType, remote.port, remote.address)
  }

  #sendEvent(configured: Configured, event: TelephoneEventPacket, position: number): void {
    const remote = this.#latch.remote
    const type = configured.media.telephoneEventPayloadType
    if (!configured.sends || !remote || type === undefined) return
    if (event.marker) this.#eventStart = this.#outbound.beginEvent(position)
    this.#outbound.eventPacket(this.#eventStart, event.marker, configured.ptimeSamples)
    writeTelephoneEvent(eventPayload, 0, event)
    const packet = Buffer.alloc(RTP_HEADER_BYTES + eventPayload.length)
    packet.set(eventPayload, RTP_HEADER_BYTES)
    this.#send(packet, type, remote.port, remote.address)
  }

  #keepHouse(configured: Configured, now: number): void {
    const silentMs = now - this.#heardAt
    if (this.#timeoutMs > 0 && configured.receives && !this.#timeoutTold && silentMs >= this.#timeoutMs) {
      this.#timeoutTold = true
      this.emit('mediaTimeout', { silentMs })
    }
    const remote = this.#latch.remote
    const port = remote && rtcpPortOf(remote, configured.media)
    if (!remote || port === undefined) return
    const report = this.#rtcp.due(now, this.#sentSoFar, this.#reception)
    if (report) this.#ports.rtcp.send(report, port, remote.address)
  }

  readonly #sentSoFar = (): SentSoFar => ({
    ssrc: this.#outbound.ssrc,
    timestamp: this.#outbound.timestampAt(performance.now() * RATE),
    packets: this.#packetsOut,
    octets: this.#bytesOut,
  })

  async #sayGoodbye(): Promise<void> {
    const remote = this.#latch.remote
    const port = remote && this.#configured && rtcpPortOf(remote, this.#configured.media)
    if (!remote || port === undefined || this.#packetsOut === 0) return
    const goodbye = this.#rtcp.goodbye(performance.now(), this.#sentSoFar(), this.#reception)
    await new Promise<void>((resolve) => this.#ports.rtcp.send(goodbye, port, remote.address, () => resolve()))
  }

  // ---- packets of the party ----

  readonly #onRtp = (data: Buffer, from: RemoteInfo): void => {
    const configured = this.#configured
    if (!configured || this.closed) return
    const { loss } = this.#house
    if (loss.in > 0 && this.#house.random() / 0x1_0000_0000 < loss.in) return
    if (!readRtpHeader(data, header)) {
      this.#dropped++
      return
    }
    const law = lawOf(configured, header.payloadType)
    const isEvent = !law && takesEvents(configured.media, header.payloadType)
    const now = performance.now()
    if ((!law && !isEvent && header.payloadType !== COMFORT_NOISE) || !this.#latch.accepts(from.address, from.port, now)) {
      this.#dropped++
      return
    }
    this.#heardAt = now
    this.#timeoutTold = false
    const arrival = now * RATE
    this.#bytesIn += header.payloadEnd - header.payloadStart
    this.#reception.packet(header.ssrc, header.sequence, isEvent ? this.#reception.lastTimestamp : header.timestamp, arrival)
    if (++this.#packetsIn === 1) this.emit('firstRtp')
    if (!this.#stream.packet(header.ssrc, header.sequence, now) && isEvent) {
      this.#dropped++
      return
    }
    if (!configured.receives) return
    if (law) this.#onAudio(law, data, now, arrival)
    else if (isEvent) this.#onEvent(data, now, arrival)
  }

  /** Reports are believed about reception alone: a BYE in one ends nothing (RFC 3550 section 6.6 leaves that to the signalling). */
  readonly #onRtcp = (data: Buffer, from: RemoteInfo): void => {
    const configured = this.#configured
    if (!configured || this.closed) return
    if (this.#latch.acceptsReport(from.address, from.port, rtcpPort(configured.media))) this.#rtcp.received(data, performance.now())
    else this.#dropped++
  }

  #onAudio(law: Law, data: Buffer, now: number, arrival: number): void {
    const { ssrc, timestamp, payloadStart, payloadEnd } = header
    const position = this.#timeline.position(ssrc, timestamp, arrival, header.marker)
    for (const recorder of this.#recorders) recorder.octets(0, position, law.toLinear, data, payloadStart, payloadEnd - payloadStart)
    this.#inband?.packet(header.sequence, timestamp, law.toLinear, data, payloadStart, payloadEnd)
    const peer = this.#peer
    if (peer) peer.#relayAudio(this, this.#timeline.generation, law, data, position, now)
  }

  #onEvent(data: Buffer, now: number, arrival: number): void {
    const event = parseTelephoneEvent(data, header.payloadStart, header.payloadEnd)
    if (!event) {
      this.#dropped++
      return
    }
    this.#eventsHeard = true
    const position = this.#timeline.eventPosition(header.ssrc, header.timestamp, arrival)
    const peer = this.#peer
    if (peer) peer.#relayEvent(this, this.#timeline.generation, data, position, now)
    // After the relay: a listener may well take the bridge apart.
    this.#events.packet(header.ssrc, header.timestamp, event, now)
  }

  #onEventDigit(digit: string, durationMs: number, timestamp: number): void {
    const peer = this.#peer
    const hearsTones = peer !== undefined && peer.#configured !== undefined && peer.#configured.media.telephoneEventPayloadType === undefined
    if (hearsTones) peer.#soundKey(digit, Math.min(1000, Math.max(80, durationMs)))
    this.emit('digit', { digit, durationMs, source: 'RTP', timestamp })
  }

  // ---- packets of the bridged peer, to the party ----

  /** The packet is in `header` and `data`; `data` is changed. */
  #relayAudio(source: RtpChannel, generation: number, law: Law, data: Buffer, position: number, now: number): void {
    const configured = this.#configured
    const remote = this.#latch.remote
    if (!configured?.sends || !remote || this.#digits.sendingEvent || this.#player.active) return
    const { payloadStart, payloadEnd } = header
    const count = payloadEnd - payloadStart
    if (!this.#outbound.relay(source, header.ssrc, generation, header.sequence, position, count, header.marker)) return
    this.#relayedAt = now
    for (const recorder of this.#recorders) recorder.octets(1, position, law.toLinear, data, payloadStart, count)
    if (law !== configured.law) mapOctets(law.toOther, data, payloadStart, payloadEnd)
    this.#send(withoutExtras(data), configured.payloadType, remote.port, remote.address)
  }

  #relayEvent(source: RtpChannel, generation: number, data: Buffer, position: number, now: number): void {
    const configured = this.#configured
    const remote = this.#latch.remote
    const type = configured?.media.telephoneEventPayloadType
    if (!configured?.sends || !remote || type === undefined || this.#digits.sendingEvent || this.#player.active) return
    if (!this.#outbound.relay(source, header.ssrc, generation, header.sequence, position, 0, header.marker)) return
    this.#relayedAt = now
    this.#send(withoutExtras(data), type, remote.port, remote.address)
  }

  /** Sends a packet whose payload is in place, with the numbers that `#outbound` has just given. */
  #send(packet: Buffer, payloadType: number, port: number, address: string): void {
    const { loss } = this.#house
    if (loss.out > 0 && this.#house.random() / 0x1_0000_0000 < loss.out) return
    const out = this.#outbound
    writeRtpHeader(packet, out.marker, payloadType, out.sequence, out.timestamp, out.ssrc)
    this.#packetsOut++
    this.#bytesOut += packet.length - RTP_HEADER_BYTES
    this.#ports.rtp.send(packet, port, address)
  }
}

function rtcpPort({ remotePort, remoteRtcpPort }: ChannelMedia): number {
  return remoteRtcpPort ?? remotePort + 1
}

/** Where reports go: as signalled, or the port after the one at which the party was found. */
function rtcpPortOf(remote: RemoteAddress, media: ChannelMedia): number | undefined {
  const port = remote.port === media.remotePort ? rtcpPort(media) : remote.port + 1
  return port <= 65_535 ? port : undefined
}

/** The law of a payload type: the one agreed, or the static number of the other, which some phones use after offering both. */
function takesEvents({ telephoneEventPayloadType, takenEventPayloadTypes }: ChannelMedia, payloadType: number): boolean {
  return payloadType === telephoneEventPayloadType || takenEventPayloadTypes?.includes(payloadType) === true
}

function lawOf(configured: Configured, payloadType: number): Law | undefined {
  if (payloadType === configured.payloadType) return configured.law
  if (payloadType === LAWS.PCMU.staticPayloadType) return LAWS.PCMU
  return payloadType === LAWS.PCMA.staticPayloadType ? LAWS.PCMA : undefined
}

/** The packet in `header` with a plain 12-byte header and no padding: itself, unless it has contributors, an extension or padding. */
function withoutExtras(data: Buffer): Buffer {
  if (header.payloadStart === RTP_HEADER_BYTES && header.payloadEnd === data.length) return data
  const plain = Buffer.allocUnsafe(RTP_HEADER_BYTES + header.payloadEnd - header.payloadStart)
  data.copy(plain, RTP_HEADER_BYTES, header.payloadStart, header.payloadEnd)
  return plain
}
