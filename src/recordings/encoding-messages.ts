import type { RecordingTags } from './id3.js'
import type { LameKind } from './mp3-encoder.js'

/** What to make. */
export interface EncodingJob {
  readonly recordingId: string
  readonly spoolPath: string
  readonly mp3Path: string
  readonly tags: RecordingTags
  /** The organisation's key, under which the recording's own is wrapped: 64 hexadecimal digits. Without it the MP3 is written in the clear. */
  readonly seal?: { readonly id: string; readonly key: string }
}

/**
 * `followed`: it was encoded during the talk; otherwise from the beginning, afterwards. `unusable`: trying again does not help.
 */
export type EncodingResult =
  | { readonly kind: 'ready'; readonly bytes: number; readonly seconds: number; readonly sha256: string; readonly followed: boolean }
  | { readonly kind: 'failed'; readonly stage: 'spool' | 'encode' | 'verify' | 'store'; readonly why: string; readonly unusable: boolean }

/** Which LAME to use: the one that the encoding process has chosen, or the one in WebAssembly. */
export type WantedLame = 'usual' | 'wasm'

/** Settings of the encoding process, passed in the environment. */
export interface EncodingSettings {
  readonly recordingsFolder: string
  /** `native`: libmp3lame where it is there. */
  readonly lame: LameKind
  /** Names under which to look for the library; the platform's own when undefined. */
  readonly libraries?: readonly string[]
  /** Recordings are sealed as they grow. */
  readonly sealed: boolean
}

/** The name of the variable that holds `EncodingSettings` as JSON. */
export const settingsVariable = 'RINGROUND_ENCODING'

export type ToEncoding =
  | { readonly kind: 'follow'; readonly recordingId: string; readonly spoolPath: string }
  | { readonly kind: 'forget'; readonly recordingId: string }
  | { readonly kind: 'make'; readonly number: number; readonly job: EncodingJob; readonly lame: WantedLame }
  | { readonly kind: 'ping' }

export type FromEncoding =
  /** It accepts messages from now on. `withoutLibrary`: why there is no libmp3lame, where it was looked for. */
  | { readonly kind: 'up'; readonly lame: LameKind; readonly name: string; readonly withoutLibrary?: string }
  | { readonly kind: 'made'; readonly number: number; readonly result: EncodingResult }
  | { readonly kind: 'pong' }
