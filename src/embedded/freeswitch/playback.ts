import type { PlayHandle } from '../media/play-source.js'
import { parsePlaySource } from '../media/play-source.js'
import type { MediaChannel } from '../media/media-channel.js'

/** How a list of files was played: by its last file, as on the real server. */
export type PlaybackOutcome = 'played' | 'notFound' | 'failed'

/** What a playback needs from its channel. */
export interface PlaybackHost {
  readonly media: MediaChannel
  variable(name: string): string | undefined
  setVariable(name: string, value: string | undefined): void
  playbackStarted(path: string): void
  playbackStopped(path: string, status: 'done' | 'break'): void
}

/** Schemes that are formats of their own, so that events name them in `Playback-File-Type`. */
const STREAM_TYPES = new Set(['tone_stream', 'local_stream', 'file_string'])

/** `Playback-File-Type`, or undefined for a plain file (and for silence, which FreeSWITCH does not count as a stream). */
export function playbackFileType(path: string): string | undefined {
  const scheme = /^([a-z_]+):\/\//.exec(path)?.[1]
  return scheme !== undefined && STREAM_TYPES.has(scheme) ? scheme : undefined
}

/**
 * Plays one path, or several separated by the channel's `playback_delimiter`, one after the other. Publishes each start and stop; a file that
 * does not exist is skipped silently. Plays of one channel nest (a new one suspends the running one): the media channel
 * does that, so this class does not have to know.
 */
export class Playback {
  readonly #host: PlaybackHost
  readonly #paths: string[]
  readonly #onEnd: (outcome: PlaybackOutcome) => void
  #current: { readonly path: string; readonly handle: PlayHandle; startedAt: number | undefined } | undefined
  #outcome: PlaybackOutcome = 'played'
  #breaking = false
  #over = false
  #timeout: NodeJS.Timeout | undefined

  constructor(host: PlaybackHost, text: string, onEnd: (outcome: PlaybackOutcome) => void) {
    this.#host = host
    this.#onEnd = onEnd
    const delimiter = host.variable('playback_delimiter')
    this.#paths = delimiter !== undefined && delimiter !== '' && !text.startsWith('file_string://') ? text.split(delimiter) : [text]
    const seconds = Number(host.variable('playback_timeout_sec') ?? '')
    if (seconds > 0) {
      this.#timeout = setTimeout(() => {
        this.#paths.length = 0
        this.#current?.handle.stop()
      }, seconds * 1000)
    }
    this.#next()
  }

  /** Ends it now; `onEnd('played')` follows when the audio has stopped. */
  break(): void {
    if (this.#over) return
    this.#breaking = true
    this.#paths.length = 0
    this.#current?.handle.stop()
  }

  /** Ends it now and publishes the stop; `onEnd` is not called. */
  abandon(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timeout)
    const current = this.#current
    if (!current) return
    current.handle.stop()
    if (current.startedAt !== undefined) {
      const ms = Math.floor((performance.now() - current.startedAt) / 20) * 20
      this.#tellStop(current.path, { playedMs: ms, lastSample: ms * 8 }, 'done')
    }
  }

  #next(): void {
    const path = this.#paths.shift()
    if (path === undefined) {
      this.#end()
      return
    }
    const handle = this.#host.media.play(parsePlaySource(path))
    const current = { path, handle, startedAt: undefined as number | undefined }
    this.#current = current
    void handle.started.then((started) => {
      if (!started || this.#over) return
      current.startedAt = performance.now()
      this.#host.playbackStarted(path)
    })
    void handle.ended.then((end) => {
      if (this.#over) return
      if (end.reason === 'error') this.#outcome = end.error?.kind === 'notFound' ? 'notFound' : 'failed'
      else {
        this.#outcome = 'played'
        if (current.startedAt !== undefined) this.#tellStop(path, end, this.#breaking ? 'break' : 'done')
      }
      this.#next()
    })
  }

  #tellStop(path: string, end: { readonly playedMs: number; readonly lastSample: number }, status: 'done' | 'break'): void {
    this.#host.setVariable('playback_last_offset_pos', `${end.lastSample}`)
    this.#host.setVariable('playback_seconds', `${Math.floor(end.playedMs / 1000)}`)
    this.#host.setVariable('playback_ms', `${Math.round(end.playedMs)}`)
    this.#host.setVariable('playback_samples', `${Math.round(end.playedMs * 8)}`)
    this.#host.playbackStopped(path, status)
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timeout)
    this.#onEnd(this.#outcome)
  }
}
