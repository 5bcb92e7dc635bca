import type { MediaChannel } from './media-channel.js'

export interface MediaEngineOptions {
  /** Local IP address on which every RTP port is bound. */
  readonly address: string
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
  readonly kind: 'socket' | 'recording' | 'play'
  readonly channelId: string
  readonly message: string
}

export interface MediaEngineStats {
  readonly channels: number
  readonly bridges: number
  readonly recordings: number
  readonly plays: number
  readonly packetsIn: number
  readonly packetsOut: number
  /** Worst delay of a 20 ms tick since the last reading of these figures, ms. */
  readonly worstTickDelayMs: number
}

/** Every port pair of the range is taken: the call is refused with 503. */
export class PortsExhausted extends Error {
  readonly code = 'PORTS_EXHAUSTED'
  constructor(readonly from: number, readonly to: number) {
    super(`no free RTP port pair between ${from} and ${to}`)
    this.name = 'PortsExhausted'
  }
}

/** All channels of the switch: one 20 ms scheduler, one port range, the bridges. */
export class MediaEngine {
  constructor(readonly options: MediaEngineOptions) {}

  /**
   * Binds a port pair. The channel sends nothing until it is configured.
   * @throws PortsExhausted (rejects); Error when the engine is closed or the id is in use
   */
  createChannel(_options: { readonly id: string }): Promise<MediaChannel> {
    return Promise.reject(new Error('not yet'))
  }

  channel(_id: string): MediaChannel | undefined {
    return undefined
  }

  /**
   * Lets two channels hear each other, at once: the next packet of either goes to the other. Plays that are running are not stopped:
   * stop them first. A channel that is bridged already is taken from its old peer.
   */
  bridge(_a: MediaChannel, _b: MediaChannel): void {
    throw new Error('not yet')
  }

  /** Takes two apart. @returns false when they were not bridged to each other */
  unbridge(_a: MediaChannel, _b: MediaChannel): boolean {
    return false
  }

  /** The channel's bridged peer. */
  peerOf(_channel: MediaChannel): MediaChannel | undefined {
    return undefined
  }

  /** Loses packets on purpose, both shares 0..1, for tests. `{ in: 0, out: 0 }` ends it. */
  losePackets(_share: { readonly in: number; readonly out: number }): void {
    throw new Error('not yet')
  }

  get stats(): MediaEngineStats {
    throw new Error('not yet')
  }

  /** Closes every channel. May be called twice. */
  close(): Promise<void> {
    return Promise.resolve()
  }
}
