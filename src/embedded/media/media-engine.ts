import type { Fingerprint } from '../protocols/sdp/security.js'
import { ClipLibrary } from './audio-clip.js'
import { DgramSockets } from './dgram-sockets.js'
import { EngineChannel } from './engine-channel.js'
import { FrameScheduler } from './frame-scheduler.js'
import type { MediaChannel } from './media-channel.js'
import type { MediaSockets } from './media-socket.js'
import type { Media } from './media.js'
import { OpusLibrary } from './opus-audio.js'
import { PortPairs } from './port-pairs.js'
import { randomSource } from './random.js'
import type { ChannelHouse } from './channel-house.js'
import { RtpChannel } from './rtp-channel.js'
import { makeCertificate } from './secure/dtls-session.js'
import { loadWerift } from './secure/werift.js'
import type { StatsBoard } from './stats-board.js'

export { PortsExhausted } from './port-pairs.js'

export interface MediaEngineOptions {
  /** Local IP address on which every RTP port is bound. */
  readonly address: string
  /** Another one, of the other family, for parties that want their audio there. Absent: there is none. */
  readonly otherAddress?: string | undefined
  /** First and last UDP port, both included. A channel takes an even port and the odd one after it. `[0, 0]`: any free pair (tests). */
  readonly portRange: readonly [from: number, to: number]
  /**
   * Silence frames are sent while there is nothing else to send, so that a party hears a continuous 20 ms stream (its own media time-out stays
   * quiet, NAT bindings stay open). Default true. False: nothing is sent when idle; timestamps advance all the same.
   */
  readonly silenceWhenIdle?: boolean
  /** Milliseconds without RTP after which a channel tells `mediaTimeout`. Default 0: never. */
  readonly mediaTimeoutMs?: number
  /** A fault that harms no call on its own: a socket error, a disk error of a recording. Default: ignored. */
  readonly onFault?: (fault: MediaFault) => void
  /** Default: Node's own. */
  readonly sockets?: MediaSockets
  /** Parties that encrypt their audio may have it in Opus: the decoder is loaded with what encrypts. Default false. */
  readonly opus?: boolean
  /** Seed of everything random (SSRC, first sequence number, packet loss): tests only. Default: the system's randomness. */
  readonly seed?: number
}

export interface MediaFault {
  /** `program`: an uncaught error; the message is its stack. */
  readonly kind: 'socket' | 'recording' | 'security' | 'opus' | 'program'
  /** Empty where it is of no one channel. */
  readonly channelId: string
  readonly message: string
}

export interface MediaEngineStats {
  readonly channels: number
  readonly bridges: number
  readonly recordings: number
  readonly plays: number
  /** RTP packets of all channels that are open. */
  readonly packetsIn: number
  readonly packetsOut: number
  /** Worst delay of a 20 ms beat since the last reading of these figures, ms. */
  readonly worstTickDelayMs: number
}

/** All channels of the switch: one 20 ms scheduler, one port range, the bridges. */
export class MediaEngine implements Media {
  readonly ready: Promise<string | undefined> = Promise.resolve(undefined)
  readonly #ports: PortPairs
  readonly #otherPorts: PortPairs | undefined
  readonly #scheduler: FrameScheduler
  readonly #channels = new Map<string, RtpChannel>()
  /** Ids of channels whose ports are being bound. */
  readonly #opening = new Set<string>()
  readonly #house: ChannelHouse
  readonly #loss = { in: 0, out: 0 }
  #closed = false

  #preparing: Promise<Fingerprint> | undefined
  #expecting = false

  constructor(readonly options: MediaEngineOptions) {
    const { sockets = new DgramSockets() } = options
    this.#scheduler = new FrameScheduler(sockets)
    this.#ports = new PortPairs(sockets, options.address, options.portRange)
    this.#otherPorts = options.otherAddress === undefined ? undefined : new PortPairs(sockets, options.otherAddress, options.portRange)
    this.#house = {
      clips: new ClipLibrary(),
      silenceWhenIdle: options.silenceWhenIdle ?? true,
      random: randomSource(options.seed),
      loss: this.#loss,
      fault: (kind, channelId, message) => options.onFault?.({ kind, channelId, message }),
      mediaTimeoutMs: options.mediaTimeoutMs ?? 0,
      expecting: (work) => sockets.expecting(work),
    }
  }

  /**
   * @param about `board`: where the channel shows its figures, for another thread
   * @throws PortsExhausted (rejects); Error when the engine is closed or the id is in use
   */
  async createChannel({ id, board }: { readonly id: string; readonly board?: StatsBoard }): Promise<RtpChannel> {
    if (this.#closed) throw new Error('the media engine is closed')
    if (this.#channels.has(id) || this.#opening.has(id)) throw new Error(`a media channel ${id} exists already`)
    this.#opening.add(id)
    try {
      const ports = await this.#ports.take()
      // `close()` may have come while the ports were being bound.
      if (this.#isClosed()) {
        await this.#ports.release(ports)
        throw new Error('the media engine is closed')
      }
      const channel = new EngineChannel(id, { ports, from: this.#ports }, (family) => this.#portsFor(family), this.#house, board)
      channel.gone = () => {
        this.#scheduler.remove(channel)
        this.#channels.delete(id)
        this.#prepareInQuiet()
      }
      this.#channels.set(id, channel)
      this.#scheduler.add(channel)
      return channel
    } finally {
      this.#opening.delete(id)
    }
  }

  prepareSecurity(): Promise<Fingerprint> {
    this.#preparing ??= loadWerift().then(async (werift) => {
      const [certificate] = await Promise.all([makeCertificate(werift), this.#prepareOpus()])
      this.#house.security = { werift, certificate }
      return certificate.fingerprint
    })
    return this.#preparing
  }

  get decodesOpus(): boolean {
    return this.#house.opus !== undefined
  }

  /** If it cannot be loaded all parties speak G.711, as without the option. */
  async #prepareOpus(): Promise<void> {
    if (this.options.opus !== true) return
    try {
      this.#house.opus = await OpusLibrary.load()
    } catch (error) {
      this.#house.fault('opus', '', error instanceof Error ? error.message : String(error))
    }
  }

  expectSecurity(): void {
    this.#expecting = true
    this.#prepareInQuiet()
  }

  #prepareInQuiet(): void {
    if (!this.#expecting || this.#closed || this.#channels.size + this.#opening.size > 0) return
    this.#expecting = false
    this.prepareSecurity().catch((error: unknown) =>
      this.#house.fault('security', '', error instanceof Error ? error.message : String(error)),
    )
  }

  channel(id: string): MediaChannel | undefined {
    return this.#channels.get(id)
  }

  bridge(a: MediaChannel, b: MediaChannel): void {
    const [one, other] = [this.#own(a), this.#own(b)]
    if (!one || !other || one === other) throw new Error(`cannot bridge ${a.id} and ${b.id}: two open channels of this engine are needed`)
    RtpChannel.join(one, other)
  }

  unbridge(a: MediaChannel, b: MediaChannel): boolean {
    const one = this.#own(a)
    if (!one?.peer || one.peer !== this.#own(b)) return false
    one.part()
    return true
  }

  /** The channel's bridged peer. */
  peerOf(channel: MediaChannel): MediaChannel | undefined {
    return this.#own(channel)?.peer
  }

  losePackets(share: { readonly in: number; readonly out: number }): void {
    this.#loss.in = share.in
    this.#loss.out = share.out
  }

  get stats(): MediaEngineStats {
    let bridged = 0
    let recordings = 0
    let plays = 0
    let packetsIn = 0
    let packetsOut = 0
    for (const channel of this.#channels.values()) {
      if (channel.peer) bridged++
      recordings += channel.recordings
      plays += channel.plays
      const stats = channel.stats
      packetsIn += stats.packetsIn
      packetsOut += stats.packetsOut
    }
    return {
      channels: this.#channels.size,
      bridges: bridged / 2,
      recordings,
      plays,
      packetsIn,
      packetsOut,
      worstTickDelayMs: this.#scheduler.takeWorstDelay(),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()))
  }

  #portsFor(family: 4 | 6): PortPairs | undefined {
    return [this.#ports, this.#otherPorts].find((ports) => ports?.family === family)
  }

  #isClosed(): boolean {
    return this.#closed
  }

  #own(channel: MediaChannel): RtpChannel | undefined {
    const own = this.#channels.get(channel.id)
    return own === channel ? own : undefined
  }
}
