import type { ClipLibrary } from './audio-clip.js'
import type { OpusLibrary } from './opus-audio.js'
import type { SecurityHouse } from './secure/secured-ports.js'

/** What a channel needs from the engine. */
export interface ChannelHouse {
  readonly clips: ClipLibrary
  readonly silenceWhenIdle: boolean
  readonly random: () => number
  /** Packet loss on purpose, shares 0..1; read at every packet. */
  readonly loss: { in: number; out: number }
  readonly fault: (kind: 'socket' | 'recording' | 'security' | 'opus', channelId: string, message: string) => void
  /** Absent until preparations for parties that encrypt are made. */
  security?: SecurityHouse
  /** Absent: Opus is taken from no party. */
  opus?: OpusLibrary
  readonly mediaTimeoutMs: number
  /** See `MediaSockets.expecting`. */
  readonly expecting: <T>(work: Promise<T>) => Promise<T>
}
