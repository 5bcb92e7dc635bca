import { ClipLibrary } from './audio-clip.js'
import { FrameScheduler } from './frame-scheduler.js'
import type { MediaChannel } from './media-channel.js'
import { PortPairs, type PortPair } from './port-pairs.js'
import { randomSource } from './random.js'
import { RtpChannel, type ChannelHouse } from './rtp-channel.js'

export { PortsExhausted } from './port-pairs.js'

export interface MediaEngineOptions {
  /** Local IP address on which every RTP port is bound. */
  readonly address: string
  /** Another one, of the other family, for parties that want their audio there. Absent: there is none. */
  readonly otherAddress?: string | undefined
  /** First and last UDP port, both included. A channel takes an even port and the odd one after it. `[0, 0]`: any free pair (tests). */
  readonly portRange: readonly [from: number, to: number]
  /**
   * Silence frames are sent while nothing else is to be sent, so that a party hears a continuous 20 ms stream (its own media time-out stays
   * quiet, NAT bindings stay open). Default true. False: nothing is sent when idle; timestamps advance all the same.
   */
  readonly silenceWhenIdle?: boolean
  /** Milliseconds without RTP after which a channel tells `mediaTimeout`. Default 0: never. */
  readonly mediaTimeoutMs?: number
  /** A fault that hurts nobody's call on its own: a socket error, a disk error of a recording. Default: nothing is done. */
  readonly onFault?: (fault: MediaFault) => void
  /** Seed of everything random (SSRC, first sequence number, packet loss): tests only. Default: the system's randomness. */
  readonly seed?: number
}

export interface MediaFault {
  readonly kind: 'socket' | 'recording'
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
export class MediaEngine {
  readonly #ports: PortPairs
  readonly #otherPorts: PortPairs | undefined
  readonly #scheduler = new FrameScheduler()
  readonly #channels = new Map<string, RtpChannel>()
  /** Ids of channels whose ports are being bound. */
  readonly #opening = new Set<string>()
  readonly #house: ChannelHouse
  readonly #loss = { in: 0, out: 0 }
  #closed = false

  constructor(readonly options: MediaEngineOptions) {
    this.#ports = new PortPairs(options.address, options.portRange)
    this.#otherPorts = options.otherAddress === undefined ? undefined : new PortPairs(options.otherAddress, options.portRange)
    this.#house = {
      clips: new ClipLibrary(),
      silenceWhenIdle: options.silenceWhenIdle ?? true,
      random: randomSource(options.seed),
      loss: this.#loss,
      fault: (kind, channelId, message) => options.onFault?.({ kind, channelId, message }),
      mediaTimeoutMs: options.mediaTimeoutMs ?? 0,
    }
  }

  /**
   * Binds a port pair. The channel sends nothing until it is configured.
   * @throws PortsExhausted (rejects); Error when the engine is closed or the id is in use
   */
  async createChannel({ id }: { readonly id: string }): Promise<MediaChannel> {
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
      const channel = new EngineChannel(id, { ports, from: this.#ports }, (family) => this.#portsFor(family), this.#house, () => {
        this.#scheduler.remove(channel)
        this.#channels.delete(id)
      })
      this.#channels.set(id, channel)
      this.#scheduler.add(channel)
      return channel
    } finally {
      this.#opening.delete(id)
    }
  }

  channel(id: string): MediaChannel | undefined {
    return this.#channels.get(id)
  }

  /**
   * Lets two channels hear each other, at once: the next packet of either goes to the other. Plays that are running are not stopped:
   * stop them first. A channel that is bridged already is taken from its old peer.
   * @throws Error when one is closed, both are the same, or one is not of this engine
   */
  bridge(a: MediaChannel, b: MediaChannel): void {
    const [one, other] = [this.#own(a), this.#own(b)]
    if (!one || !other || one === other) throw new Error(`cannot bridge ${a.id} and ${b.id}: two open channels of this engine are needed`)
    RtpChannel.join(one, other)
  }

  /** Takes two apart. @returns false when they were not bridged to each other */
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

  /** Loses packets on purpose, both shares 0..1, for tests. `{ in: 0, out: 0 }` ends it. */
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
    return { channels: this.#channels.size, bridges: bridged / 2, recordings, plays, packetsIn, packetsOut, worstTickDelayMs: this.#scheduler.takeWorstDelay() }
  }

  /** Closes every channel. May be called twice. */
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

interface Place {
  readonly ports: PortPair
  /** Where they were taken, and go back to. */
  readonly from: PortPairs
}

/** A channel that takes its ports from the engine, and gives them back when it is closed. */
class EngineChannel extends RtpChannel {
  readonly #portsFor: (family: 4 | 6) => PortPairs | undefined
  readonly #gone: () => void
  #place: Place
  #moving: Promise<unknown> = Promise.resolve()
  #released: Promise<void> | undefined

  constructor(id: string, place: Place, portsFor: (family: 4 | 6) => PortPairs | undefined, house: ChannelHouse, gone: () => void) {
    super(id, place.from.address, place.ports, house)
    this.#place = place
    this.#portsFor = portsFor
    this.#gone = gone
  }

  override useFamily(family: 4 | 6): Promise<boolean> {
    const moved = this.#moving.then(() => this.#moveTo(family))
    this.#moving = moved
    return moved
  }

  async #moveTo(family: 4 | 6): Promise<boolean> {
    if (this.closed) return false
    const before = this.#place
    if (before.from.family === family) return true
    const from = this.#portsFor(family)
    const ports = await from?.take().catch(() => undefined)
    if (from === undefined || ports === undefined) return false
    if (this.#isClosed()) {
      await from.release(ports)
      return false
    }
    this.#place = { ports, from }
    this.move(from.address, ports)
    await before.from.release(before.ports)
    return true
  }

  #isClosed(): boolean {
    return this.closed
  }

  override close(): Promise<void> {
    this.#released ??= this.#close()
    return this.#released
  }

  async #close(): Promise<void> {
    await super.close()
    await this.#moving
    this.#gone()
    await this.#place.from.release(this.#place.ports)
  }
}
