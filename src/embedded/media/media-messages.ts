import type { Fingerprint } from '../protocols/sdp/security.js'
import type { ChannelMedia, DigitEvent, RecordingOptions, RecordingResult } from './media-channel.js'
import type { MediaEngineOptions, MediaFault } from './media-engine.js'
import type { PlayEnd, PlaySource } from './play-source.js'

/**
 * Messages between signalling and media when they run in two threads. Both sides keep the order: the first command
 * takes effect first, the first event is reported first.
 */

/** A channel, play, recording or question. Numbered by the side that commands; no number is used twice. */
export type Ref = number

export type MediaCommand =
  /** Answered by `opened` or `refused`. `board`: where the channel's figures are shown (`StatsBoard`). */
  | { readonly kind: 'open'; readonly channel: Ref; readonly id: string; readonly board: SharedArrayBuffer }
  /** Answered by `moved`. */
  | { readonly kind: 'useFamily'; readonly channel: Ref; readonly question: Ref; readonly family: 4 | 6 }
  /** `settings` counts what was configured and set so far: reports carry it, so that outdated ones can be recognised. */
  | { readonly kind: 'configure'; readonly channel: Ref; readonly media: ChannelMedia; readonly settings: number }
  | { readonly kind: 'mediaTimeout'; readonly channel: Ref; readonly ms: number; readonly settings: number }
  /** Reported on by `playStarted` and `playEnded`. */
  | { readonly kind: 'play'; readonly channel: Ref; readonly play: Ref; readonly source: PlaySource }
  | { readonly kind: 'stopPlay'; readonly play: Ref }
  | { readonly kind: 'stopPlaying'; readonly channel: Ref }
  /** Answered by `digitsSent`. */
  | {
      readonly kind: 'sendDigits'
      readonly channel: Ref
      readonly question: Ref
      readonly digits: string
      readonly durationMs?: number
      readonly gapMs?: number
    }
  | { readonly kind: 'detectInband'; readonly channel: Ref; readonly on: boolean }
  /** Answered by `recording` or `notRecording`; `recordingEnded` follows the former. */
  | { readonly kind: 'record'; readonly channel: Ref; readonly recording: Ref; readonly path: string; readonly options: RecordingOptions }
  | { readonly kind: 'stopRecording'; readonly recording: Ref }
  | { readonly kind: 'bridge'; readonly a: Ref; readonly b: Ref }
  | { readonly kind: 'unbridge'; readonly a: Ref; readonly b: Ref }
  /** Answered by `closed`. */
  | { readonly kind: 'close'; readonly channel: Ref }
  /** Answered by `secured` or `notSecured`. */
  | { readonly kind: 'prepareSecurity' }
  | { readonly kind: 'expectSecurity' }
  | { readonly kind: 'losePackets'; readonly in: number; readonly out: number }
  /** Answered by `alive`. */
  | { readonly kind: 'areYouAlive' }
  /** Answered by `ended`. */
  | { readonly kind: 'end' }

export type MediaReport =
  /**
   * The first report. `warning`: a line for the operator. `interrupt`: an event counter (eventfd); add one to it after each message:
   * the thread may be waiting for packets. It belongs to the commanding thread, which closes it when this one has ended.
   */
  | { readonly kind: 'ready'; readonly warning?: string; readonly interrupt?: number }
  | { readonly kind: 'opened'; readonly channel: Ref; readonly address: string; readonly port: number; readonly ssrcOut: number }
  | { readonly kind: 'refused'; readonly channel: Ref; readonly why: Refusal }
  /** `there`: whether the channel is in the requested family; address and port are its present ones. */
  | {
      readonly kind: 'moved'
      readonly channel: Ref
      readonly question: Ref
      readonly there: boolean
      readonly address: string
      readonly port: number
    }
  | { readonly kind: 'playStarted'; readonly play: Ref }
  | { readonly kind: 'playEnded'; readonly play: Ref; readonly end: PlayEnd }
  | { readonly kind: 'digitsSent'; readonly question: Ref; readonly how: 'sent' | 'stopped' }
  | { readonly kind: 'digit'; readonly channel: Ref; readonly digit: DigitEvent }
  | { readonly kind: 'firstRtp'; readonly channel: Ref }
  | { readonly kind: 'mediaTimeout'; readonly channel: Ref; readonly silentMs: number; readonly settings: number }
  | { readonly kind: 'recording'; readonly recording: Ref }
  | { readonly kind: 'notRecording'; readonly recording: Ref; readonly why: string }
  | { readonly kind: 'recordingEnded'; readonly recording: Ref; readonly result: RecordingResult }
  | { readonly kind: 'closed'; readonly channel: Ref }
  | { readonly kind: 'fault'; readonly fault: MediaFault }
  | { readonly kind: 'secured'; readonly fingerprint: Fingerprint; readonly decodesOpus: boolean }
  | { readonly kind: 'notSecured'; readonly why: string }
  | { readonly kind: 'alive' }
  | { readonly kind: 'ended' }

/** Why a channel was not opened. `code`: the system's (`EMFILE`, ...). */
export type Refusal =
  | { readonly kind: 'portsExhausted'; readonly from: number; readonly to: number }
  | { readonly kind: 'error'; readonly message: string; readonly code?: string }

/** `native`: by system calls (Linux on x86-64 and arm64, package koffi). `auto`: native where available, else Node's own. */
export type SocketsChoice = 'auto' | 'native' | 'node'

/** The data with which the media thread is started. */
export type MediaThreadData = Omit<MediaEngineOptions, 'onFault' | 'sockets'> & { readonly choice: SocketsChoice }
