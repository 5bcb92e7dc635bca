import type { EventEmitter } from 'node:events'
import type { AgreedSecurity } from '../protocols/sdp/secured-answer.js'
import type { PlayHandle, PlaySource } from './play-source.js'

/** The two forms of G.711 (RFC 3551 section 4.5.14): the only codecs that the switch speaks itself. */
export type AudioCodec = 'PCMU' | 'PCMA'

/** Who may send audio, seen from the switch: `sendonly` means that we send and the party does not. */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** Opus (RFC 7587) beside G.711: taken from the party, and sent to it unchanged from a peer that also speaks it. */
export interface OpusMedia {
  readonly payloadType: number
  /** Payload type of telephone-event/48000 on this leg: keys in a stream of Opus (RFC 4733 section 2.1). Absent: those at 8 kHz stand for it. */
  readonly telephoneEventPayloadType?: number
  /** Payload types under which the party may send it. */
  readonly takenEventPayloadTypes: readonly number[]
}

/** The agreement with the party by SDP. */
export interface ChannelMedia {
  /**
   * IP address (never a name) from the party's SDP. `0.0.0.0` or port 0: nothing is sent or taken, unless the party's first packet shows
   * its address (`learnFrom`).
   */
  readonly remoteAddress: string
  readonly remotePort: number
  /** Another address of the same host, which counts as the signalled one: the loopback of a party on this machine. */
  readonly remoteAlias?: string | undefined
  /** Where the party's RTCP is; default: the port after `remotePort`. */
  readonly remoteRtcpPort?: number
  /** Hosts whose first packet, from any port, within the first seconds, shows the party's address: see `SourceLatch`. Absent: only the signalled address counts. */
  readonly learnFrom?: readonly string[]
  readonly codec: AudioCodec
  /** Payload type of `codec` on this leg; default 0 (PCMU) or 8 (PCMA). */
  readonly payloadType?: number
  /** Payload type of telephone-event/8000 on this leg; absent: the party has none, and keys go out as in-band tones. */
  readonly telephoneEventPayloadType?: number
  /** Payload types under which the party may send its events. Default: that one. */
  readonly takenEventPayloadTypes?: readonly number[]
  readonly direction: MediaDirection
  /** Only where `Media.decodesOpus`. */
  readonly opus?: OpusMedia
  /** How it is encrypted. An encrypted channel stays so: it takes no new description without this. */
  readonly security?: AgreedSecurity
  /** Milliseconds of audio a packet that we originate: 10, 20 (default), 30, 40 or 60. Relayed packets keep their size. */
  readonly ptimeMs?: number
}

/** A key that the party pressed. */
export interface DigitEvent {
  readonly digit: string
  readonly durationMs: number
  /** FreeSWITCH's names: `RTP` is an RFC 4733 event, `INBAND_AUDIO` was heard in the audio. */
  readonly source: 'RTP' | 'INBAND_AUDIO'
  /** RTP timestamp of an event's start. */
  readonly timestamp?: number
}

export interface MediaChannelEvents {
  digit: [DigitEvent]
  /** The first valid RTP packet of the party. At most once. */
  firstRtp: []
  /**
   * No RTP for `mediaTimeoutMs` although the direction expects some. Once; armed again by the next packet and by `configure`. `settings`: the
   * number that the last `configure` or `setMediaTimeout` was given, else 0.
   */
  mediaTimeout: [{ readonly silentMs: number; readonly settings: number }]
}

export interface ChannelStats {
  readonly packetsIn: number
  readonly packetsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Packets of the party that never came (RFC 3550 appendix A.3). */
  readonly lost: number
  /** Interarrival jitter in ms (RFC 3550 appendix A.8). */
  readonly jitterMs: number
  /** Packets dropped, RTP and RTCP: from a foreign source, malformed, of an unknown payload type, or a key press in a stream that is not the party's. */
  readonly dropped: number
  /** RTCP reports of the party. */
  readonly reportsIn: number
  /** Synchronisation source of what we send; one for the life of the channel. */
  readonly ssrcOut: number
}

export interface RecordingOptions {
  /** Two channels: left what this party says (FreeSWITCH: read), right what it is sent (write). Default: one channel, mixed. */
  readonly stereo?: boolean
  /** Left and right exchanged (FreeSWITCH's RECORD_STEREO_SWAP). */
  readonly swapChannels?: boolean
  /**
   * For a reader that follows the file while it grows: samples are written this often, in ms, and later packets no longer find their place. Default: a
   * second at a time, half a second late.
   */
  readonly portionMs?: number
}

/** The result of a recording that is over. */
export interface RecordingResult {
  readonly path: string
  /** Length of the audio in the file. */
  readonly durationMs: number
  readonly samples: number
  /** Why the file is shorter than the recording ran, or missing: the error of the disk. Absent when all is well. */
  readonly error?: string
}

export interface RecordingHandle {
  readonly path: string
  /** Settles when the file is closed and its header final, for whatever reason: `stop()`, the channel's `close()`, a disk error. Never rejects. */
  readonly ended: Promise<RecordingResult>
  /** Ends the recording. @returns `ended`; may be called twice. */
  stop(): Promise<RecordingResult>
}

/**
 * The audio of one party: one RTP port and its RTCP port. What the party hears is decided in this order: keys being sent (`sendDigits`),
 * what is played (`play`), the bridged peer (`Media.bridge`), silence. Towards the party all of it is ONE RTP stream:
 * one SSRC, sequence numbers without a jump, timestamps that advance with time.
 *
 * A channel sends nothing before `configure`.
 */
export interface MediaChannel extends EventEmitter<MediaChannelEvents> {
  readonly id: string
  readonly localAddress: string
  /** The RTP port (even); RTCP is the next one. */
  readonly localPort: number
  /** The source of the party's packets, once one has come since the last description. */
  readonly found: { readonly address: string; readonly port: number } | undefined
  readonly stats: ChannelStats
  readonly closed: boolean
  /**
   * Moves to a port in that address family, if it is not there already; until `configure` nothing is sent.
   * @returns whether it is there now: false where this machine has no address of that family, or no port in it is free
   */
  useFamily(family: 4 | 6): Promise<boolean>
  /**
   * Applies the agreement; called again at every re-INVITE. The stream towards the party continues (SSRC, sequence, timestamps).
   * Call `Media.prepareSecurity` before the first encrypted one.
   * @throws TypeError when the address is not an IP address of the engine's family, or a number is out of range
   */
  configure(media: ChannelMedia): void
  /**
   * Plays to the party: at once where only silence was being sent, else from the next 20 ms beat on. Plays nest as FreeSWITCH's do: a new one suspends what is playing, which
   * goes on afterwards. Never throws: a source that cannot be played ends with `reason: 'error'`.
   */
  play(source: PlaySource): PlayHandle
  /** Stops everything that is playing, the suspended ones too. @returns how many there were */
  stopPlaying(): number
  /**
   * Sends keys (`0-9 * # A-D`; `w` and `W` pause 0.5 and 1 s) as RFC 4733 events, or in-band where the party has none. Settles when
   * the last one is out, `'stopped'` when the channel closed before.
   * @throws TypeError (at once) for any other character
   */
  sendDigits(digits: string, options?: { readonly durationMs?: number; readonly gapMs?: number }): Promise<'sent' | 'stopped'>
  /** Listens for DTMF tones in the party's audio. Off by default; RFC 4733 events are always heard. */
  setInbandDetection(on: boolean): void
  /** Milliseconds without RTP after which `mediaTimeout` is told; 0: never (default: the engine's setting). */
  setMediaTimeout(ms: number): void
  /**
   * Records to a 16-bit PCM WAV file at 8 kHz; silence stays in place. Survives bridge and unbridge; several may run at once. Settles
   * when the file exists with its header.
   * @throws Error (rejects) when the file cannot be made; the message is the operating system's
   */
  startRecording(path: string, options?: RecordingOptions): Promise<RecordingHandle>
  /** Ends plays, recordings and the bridge, frees both ports. Settles when the files are closed; may be called twice. */
  close(): Promise<void>
}
