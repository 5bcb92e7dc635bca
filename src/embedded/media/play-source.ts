/**
 * What can be played to a party.
 * - `file`: a WAV file (8, 16, 44.1 kHz..., 16-bit PCM or G.711, mono or stereo); `loops` -1 is endless, default once
 * - `toneStream`: FreeSWITCH's tone_stream language without the `tone_stream://` (see `rtp/tone-stream.ts`)
 * - `silenceStream`: `ms` milliseconds of silence; -1 is endless
 * - `sequence`: one after the other without a gap (FreeSWITCH: `file_string://a!b`)
 */
export type PlaySource =
  | { readonly kind: 'file'; readonly path: string; readonly loops?: number }
  | { readonly kind: 'toneStream'; readonly tones: string }
  | { readonly kind: 'silenceStream'; readonly ms: number }
  | { readonly kind: 'sequence'; readonly sources: readonly PlaySource[] }

/** How a play came to its end. */
export interface PlayEnd {
  /** `done`: to its end. `stopped`: by `stop()`, `stopPlaying()` or the channel's close. `error`: could not be played, or not further. */
  readonly reason: 'done' | 'stopped' | 'error'
  /** Audio that was sent. */
  readonly playedMs: number
  /** Samples (8 kHz) that were sent: FreeSWITCH's `playback_last_offset_pos`. */
  readonly lastSample: number
  /** With `error`: `notFound` (no such file), `unreadable` (not a WAV that we can play), `badTones` (syntax). */
  readonly error?: { readonly kind: 'notFound' | 'unreadable' | 'badTones'; readonly message: string }
}

export interface PlayHandle {
  /** Settles (true) when the first frame goes out; false when it ended before that (missing file, stopped). Never rejects. */
  readonly started: Promise<boolean>
  /** Settles exactly once. Never rejects. */
  readonly ended: Promise<PlayEnd>
  /** Ends it; audio stops with the frame that is out. May be called twice, also after the end. */
  stop(): void
}

/**
 * Reads FreeSWITCH's notation: `tone_stream://...`, `silence_stream://ms[,divisor]`, `file_string://a!b!c`, `playback://...`, and anything
 * else as a file path (an empty path becomes a file that is not found).
 */
export function parsePlaySource(text: string): PlaySource {
  const scheme = /^([a-z_]+):\/\/(.*)$/s.exec(text)
  if (!scheme) return { kind: 'file', path: text }
  const [, name, rest = ''] = scheme
  switch (name) {
    case 'tone_stream':
      return { kind: 'toneStream', tones: rest }
    case 'silence_stream': {
      const ms = Number.parseInt(rest, 10)
      return { kind: 'silenceStream', ms: Number.isNaN(ms) ? 0 : ms }
    }
    case 'file_string':
      return {
        kind: 'sequence',
        sources: rest
          .split('!')
          .filter((part) => part !== '')
          .map(parsePlaySource),
      }
    case 'file':
    case 'playback':
      return { kind: 'file', path: rest }
    default:
      return { kind: 'file', path: text }
  }
}
