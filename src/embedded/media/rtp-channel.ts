import { EventEmitter } from 'node:events'
import { isIP } from 'node:net'
import { SEGMENT_DURATION, TelephoneEventReceiver, type TelephoneEvent } from '../protocols/rtp/telephone-event.js'
import { AgreedMedia, checkMedia, RATE } from './agreed-media.js'
import type { ChannelHouse } from './channel-house.js'
import type { FrameClient } from './frame-scheduler.js'
import { InbandListener } from './inband-listener.js'
import { header, InboundRtp } from './inbound-rtp.js'
import type { Law } from './law.js'
import type { ChannelMedia, ChannelStats, MediaChannel, MediaChannelEvents, RecordingHandle, RecordingOptions } from './media-channel.js'
import type { SocketPeer } from './media-socket.js'
import type { OpusAudio } from './opus-audio.js'
import { OutboundRtp } from './outbound-rtp.js'
import type { PlayHandle, PlaySource } from './play-source.js'
import { Player } from './player.js'
import type { PortPair } from './port-pairs.js'
import { Recorders } from './recorders.js'
import { RtcpReports } from './rtcp-reports.js'
import { SecuredPorts } from './secure/secured-ports.js'
import type { RemoteAddress } from './source-latch.js'
import type { StatsBoard } from './stats-board.js'
import { Voice } from './voice.js'

/** How often a channel looks after reports and time-outs, and how often it shows its figures, in beats of 20 ms. */
const HOUSEKEEPING_BEATS = 25
const SHOW_BEATS = 5

/**
 * One party's audio over RTP: see `MediaChannel`. What comes goes through `InboundRtp`, what is sent through `OutboundRtp`: from `Voice`, beat
 * by beat, or from the bridged peer, packet by packet.
 */
export class RtpChannel extends EventEmitter<MediaChannelEvents> implements MediaChannel, FrameClient {
  readonly id: string
  readonly #house: ChannelHouse
  readonly #board: StatsBoard | undefined
  readonly #inbound = new InboundRtp()
  readonly #outbound: OutboundRtp
  readonly #voice: Voice
  readonly #reports: RtcpReports
  readonly #recorders = new Recorders()
  readonly #keys: TelephoneEventReceiver
  #inband: InbandListener | undefined
  #opus: OpusAudio | undefined
  #address: string
  #ports: PortPair
  #secured: SecuredPorts | undefined
  #agreed: AgreedMedia | undefined
  #peer: RtpChannel | undefined
  #closing: Promise<void> | undefined
  #timeoutMs: number
  #timeoutTold = false
  #keysHeard = false
  #beats = 0
  #settings = 0
  #found: RemoteAddress | undefined

  /** @param board where the figures are shown, for another thread */
  constructor(id: string, address: string, ports: PortPair, house: ChannelHouse, board?: StatsBoard) {
    super()
    this.id = id
    this.#address = address
    this.#ports = ports
    this.#house = house
    this.#board = board
    this.#timeoutMs = house.mediaTimeoutMs
    const { random, loss } = house
    this.#outbound = new OutboundRtp(ports.rtp, random, this.#recorders, () => loss.out > 0 && random() / 0x1_0000_0000 < loss.out)
    this.#voice = new Voice(new Player(house.clips, house.expecting, this.#startAtOnce), this.#outbound, house.silenceWhenIdle)
    this.#reports = new RtcpReports(ports.rtcp, this.#outbound, random)
    this.#keys = new TelephoneEventReceiver(({ digit, duration, timestamp }) => this.#onKey(digit, duration / RATE, timestamp))
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
    this.#outbound.socket = rtp
    this.#reports.socket = rtcp
    rtp.onPacket = this.#onRtp
    rtcp.onPacket = this.#onRtcp
    let told = ''
    const onError = (error: Error) => {
      // The same error comes with every packet: once is enough.
      if (error.message !== told) this.#house.fault('socket', this.id, error.message)
      told = error.message
    }
    rtp.onError = onError
    rtcp.onError = onError
  }

  #deafen(): void {
    this.#ports.rtp.onPacket = () => undefined
    this.#ports.rtcp.onPacket = () => undefined
  }

  /** Goes on at another address and pair of ports; the party is unknown there until `configure`. The sockets left are the caller's to close. */
  protected move(address: string, ports: PortPair): void {
    this.#deafen()
    this.#secured?.close()
    this.#secured = undefined
    this.#agreed = undefined
    this.#address = address
    this.#ports = ports
    this.#listen()
  }

  /** Where RTP is sent now: as signalled, or as latched (symmetric RTP). Undefined before `configure`. */
  get remote(): RemoteAddress | undefined {
    return this.#agreed && this.#inbound.latch.remote
  }

  get found(): RemoteAddress | undefined {
    return this.#inbound.latch.found
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  get peer(): RtpChannel | undefined {
    return this.#peer
  }

  get plays(): number {
    return this.#voice.player.count
  }

  get recordings(): number {
    return this.#recorders.count
  }

  get stats(): ChannelStats {
    const { packets, bytes, dropped, reception } = this.#inbound
    return {
      packetsIn: packets,
      packetsOut: this.#outbound.packets,
      bytesIn: bytes,
      bytesOut: this.#outbound.bytes,
      lost: reception.lost,
      jitterMs: reception.jitter / RATE,
      dropped,
      ssrcOut: this.#outbound.stream.ssrc,
      reportsIn: this.#reports.received,
    }
  }

  /** @param settings counts what was configured and set, for a commander in another thread */
  configure(media: ChannelMedia, settings = this.#settings): void {
    checkMedia(media, this.localAddress)
    if (this.closed) return
    const now = performance.now()
    this.#settings = settings
    this.#secure(media)
    this.#inbound.latch.expect(
      { address: media.remoteAddress, port: media.remotePort, alias: media.remoteAlias, learnFrom: media.learnFrom },
      now,
    )
    this.#inbound.restart(now)
    this.#agreed = new AgreedMedia(media)
    if (media.opus !== undefined) this.#opus ??= this.#house.opus?.audio((error) => this.#house.fault('opus', this.id, error.message))
    this.#timeoutTold = false
    this.#show()
  }

  /** From the first encrypted description on, nothing passes these ports in the clear any more. */
  #secure({ security, remoteAddress: address, remotePort: port, remoteRtcpPort = port + 1 }: ChannelMedia): void {
    if (security === undefined) {
      if (this.#secured) throw new TypeError('the audio of this channel is encrypted, and stays so')
      return
    }
    if (this.#secured === undefined) {
      if (this.#house.security === undefined) throw new Error('nothing has been prepared for audio that is encrypted')
      this.#secured = new SecuredPorts(this.#ports, this.#house.security, (why, isEnd) => {
        this.#house.fault('security', this.id, why)
        if (isEnd && !this.closed)
          this.emit('mediaTimeout', { silentMs: performance.now() - this.#inbound.heardAt, settings: this.#settings })
      })
      this.#ports = this.#secured
      this.#listen()
    }
    this.#secured.apply(security, { rtp: { address, port }, rtcpPort: remoteRtcpPort })
  }

  play(source: PlaySource): PlayHandle {
    const handle = this.#voice.player.play(source)
    if (this.closed) handle.stop()
    return handle
  }

  stopPlaying(): number {
    return this.#voice.player.stopAll()
  }

  sendDigits(digits: string, options: { readonly durationMs?: number; readonly gapMs?: number } = {}): Promise<'sent' | 'stopped'> {
    const done = this.#voice.digits.add(digits, options.durationMs, options.gapMs)
    if (this.closed) this.#voice.digits.stop()
    return done
  }

  setInbandDetection(on: boolean): void {
    if (!on) this.#inband = undefined
    else
      this.#inband ??= new InbandListener(({ digit, durationMs }) => {
        // A party that sends events may send the tones as well: they are the same key.
        if (!this.#keysHeard) this.emit('digit', { digit, durationMs, source: 'INBAND_AUDIO' })
      })
  }

  setMediaTimeout(ms: number, settings = this.#settings): void {
    this.#settings = settings
    this.#timeoutMs = ms
    this.#timeoutTold = false
    this.#show()
  }

  async startRecording(path: string, options: RecordingOptions = {}): Promise<RecordingHandle> {
    const onError = (error: Error) => this.#house.fault('recording', this.id, error.message)
    const recording = await this.#house.expecting(this.#recorders.start(path, { ...options, onError }, () => performance.now() * RATE))
    if (this.closed) void recording.stop()
    return recording
  }

  /** Makes two channels each other's peer. Their former peers, if any, have none afterwards. */
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
    this.#outbound.relayedAt = -Infinity
    peer.#outbound.relayedAt = -Infinity
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut()
    return this.#closing
  }

  async #shut(): Promise<void> {
    this.part()
    this.#voice.stop()
    this.#inband = undefined
    this.#opus?.close()
    this.#deafen()
    const { remote } = this
    if (remote && this.#agreed) this.#reports.sendGoodbye(this.#agreed, remote, this.#inbound.reception, performance.now())
    this.#secured?.close()
    await this.#recorders.stopAll()
  }

  // ---- the 20 ms beat ----

  onFrame(due: number, now: number): void {
    const agreed = this.#agreed
    const position = Math.floor(now * RATE)
    this.#recorders.advance(position)
    if (!agreed || this.closed) return
    const before = this.#beats
    this.#beats += due
    if (Math.floor(this.#beats / SHOW_BEATS) > Math.floor(before / SHOW_BEATS)) this.#show()
    if (this.#beats >= HOUSEKEEPING_BEATS) {
      this.#beats = 0
      this.#keepHouse(agreed, now)
    }
    if (this.#keys.open) this.#keys.poll(now)
    this.#voice.beat(agreed, this.#inbound.latch.remote, due, now, position)
  }

  readonly #startAtOnce = (): void => {
    if (!this.#agreed || this.closed) return
    const now = performance.now()
    this.#voice.startAtOnce(this.#agreed, this.#inbound.latch.remote, now, Math.floor(now * RATE))
  }

  #keepHouse(agreed: AgreedMedia, now: number): void {
    const { heardAt, latch, reception } = this.#inbound
    const silentMs = now - heardAt
    if (this.#timeoutMs > 0 && agreed.receives && !this.#timeoutTold && silentMs >= this.#timeoutMs) {
      this.#timeoutTold = true
      this.emit('mediaTimeout', { silentMs, settings: this.#settings })
    }
    if (latch.remote) this.#reports.sendDue(agreed, latch.remote, reception, now)
  }

  #show(): void {
    this.#board?.show({ stats: this.stats, found: this.#inbound.latch.found, settings: this.#settings })
  }

  // ---- packets of the party ----

  readonly #onRtp = (data: Buffer, from: SocketPeer, now: number): void => {
    const agreed = this.#agreed
    if (!agreed || this.closed) return
    const { loss, random } = this.#house
    if (loss.in > 0 && random() / 0x1_0000_0000 < loss.in) return
    const inbound = this.#inbound
    const taken = inbound.take(data, from, agreed, now)
    if (taken === 'dropped') return
    this.#timeoutTold = false
    if (inbound.packets === 1) this.emit('firstRtp')
    if (inbound.latch.found !== this.#found) {
      this.#found = inbound.latch.found
      this.#show()
    }
    if (taken === 'audio' && inbound.law) this.#onAudio(inbound.law, data, now)
    else if (taken === 'opus') this.#onOpus(data, now)
    else if (taken === 'event') this.#onEvent(data, now)
  }

  readonly #onRtcp = (data: Buffer, from: SocketPeer, now: number): void => {
    if (!this.#agreed || this.closed) return
    if (!this.#reports.take(data, from, this.#agreed, this.#inbound.latch, now)) this.#inbound.dropped++
  }

  #onAudio(law: Law, data: Buffer, now: number): void {
    const { position } = this.#inbound
    const { payloadStart, payloadEnd } = header
    this.#recorders.octets(0, position, law.toLinear, data, payloadStart, payloadEnd - payloadStart)
    this.#inband?.packet(header.sequence, header.timestamp, law.toLinear, data, payloadStart, payloadEnd)
    if (this.#peer) this.#peer.#relayAudio(this, law, data, now)
  }

  #onOpus(data: Buffer, now: number): void {
    const { position, samples } = this.#inbound
    const opus = this.#opus
    const decoded = opus && this.#isListenedTo ? opus.decode(header.ssrc, header.sequence, data, header.payloadStart, header.payloadEnd) : 0
    if (opus && decoded > 0) {
      this.#recorders.samples(0, position, opus.samples, decoded)
      this.#inband?.samples(opus.samples, decoded)
    }
    if (this.#peer && opus) this.#peer.#relayOpus(this, { samples, decoded, from: opus.samples }, data, now)
  }

  /** Whether what the party says has to be decoded. */
  get #isListenedTo(): boolean {
    const peer = this.#peer
    if (this.#recorders.count > 0 || this.#inband !== undefined) return true
    return peer !== undefined && (peer.#recorders.count > 0 || peer.#agreed?.opus === undefined)
  }

  #onEvent(data: Buffer, now: number): void {
    const { event: heard, ticks } = this.#inbound
    if (!heard) return
    const event = ticks === 1 ? heard : { ...heard, duration: Math.round(heard.duration / ticks) }
    this.#keysHeard = true
    if (this.#peer) this.#peer.#relayEvent(this, event, data, now)
    // After the relay: a listener may well take the bridge apart.
    this.#keys.packet(header.ssrc, Math.floor(header.timestamp / ticks), event, now, SEGMENT_DURATION / ticks)
  }

  /** The packet of `source` is in `header` and `data`. */
  #relayAudio(source: RtpChannel, law: Law, data: Buffer, now: number): void {
    const agreed = this.#agreed
    const to = this.#inbound.latch.remote
    if (!agreed?.sends || !to || this.#voice.hasTheFloor) return
    this.#outbound.relayAudio(agreed, to, source, source.#inbound.timeline.generation, law, data, source.#inbound.position, now)
  }

  #relayOpus(source: RtpChannel, audio: Parameters<OutboundRtp['relayOpus']>[4], data: Buffer, now: number): void {
    const agreed = this.#agreed
    const to = this.#inbound.latch.remote
    if (!agreed?.sends || !to || this.#voice.hasTheFloor) return
    this.#outbound.relayOpus(agreed, to, source, source.#inbound.timeline.generation, audio, data, source.#inbound.position, now)
  }

  #relayEvent(source: RtpChannel, event: TelephoneEvent, data: Buffer, now: number): void {
    const agreed = this.#agreed
    const to = this.#inbound.latch.remote
    const as = agreed?.eventsBeside(this.#outbound.stream.ticks)
    if (!agreed?.sends || as === undefined || !to || this.#voice.hasTheFloor) return
    this.#outbound.relayEvent(as, to, source, source.#inbound.timeline.generation, event, data, source.#inbound.position, now)
  }

  #onKey(digit: string, durationMs: number, timestamp: number): void {
    const peer = this.#peer
    const agreed = peer && peer.#agreed
    if (peer && agreed && agreed.eventsBeside(peer.#outbound.stream.ticks) === undefined)
      peer.#voice.soundKey(digit, Math.min(1000, Math.max(80, durationMs)))
    this.emit('digit', { digit, durationMs, source: 'RTP', timestamp })
  }
}
