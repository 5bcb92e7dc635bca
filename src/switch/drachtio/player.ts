import type { Audio, Played } from '../port.js'
import type { Channel } from './channel.js'
import { ChannelGone } from './channel-socket.js'

/** A break that had no effect (it came before FreeSWITCH began, or was swallowed by another application) is sent again after this time. */
const breakAgainMs = 150
const breaksAtMost = 12
/** A new play begins at most this long after the old one was told to stop. */
const stopMs = 1_000
/** A channel that comes out of a bridge cannot be played to for a moment, on a busy machine for up to a second: pauses before it is tried again, ms. */
const againMs = [40, 80, 160, 320, 640, 640]
/** A channel that has not begun to play within this time is stuck: FreeSWITCH can hang in a transfer. */
const beginMs = 4_000
/** A loop whose round took less than this would play nothing. */
const shortestRoundMs = 20

/**
 * What FreeSWITCH calls a piece of audio. Ringing: 400+450 Hz, 0.4 s on, 0.2 s off, 0.4 s on, 2 s off; engaged: 400 Hz, 0.375 s on
 * and off (BT SIN 350).
 */
export function sourceOf(audio: Audio): string {
  switch (audio.kind) {
    case 'file':
      return audio.path
    case 'silence':
      return `silence_stream://${Math.max(20, Math.round(audio.ms))}`
    case 'tone':
      return tones[audio.tone]
  }
}

const tones: Readonly<Record<Extract<Audio, { kind: 'tone' }>['tone'], string>> = {
  ringback: 'tone_stream://%(400,200,400,450);%(400,2000,400,450);loops=-1',
  busy: 'tone_stream://%(375,375,400);loops=-1',
  beep: 'tone_stream://%(400,0,1000)',
}

interface Play {
  readonly pieces: readonly string[]
  /** Played before the pieces, once: the channel has been replaced. */
  lead: readonly string[]
  readonly loop: boolean
  readonly settle: (played: Played) => void
  /** Set as soon as the caller of `play` has had the result. */
  over: boolean
  startedAt: number | undefined
}

/** The execution that FreeSWITCH is busy with. */
interface Running {
  started: boolean
  stopping: boolean
  /** Settles when FreeSWITCH has ended it, or when that is no longer waited for. */
  readonly ended: Promise<void>
  readonly end: () => void
}

/** The media server hung up before the play was done. */
const channelGone = 'the media server hung up'

/**
 * Plays to one channel, one list at a time. When the channel is lost and another one takes its place (`suspend`, `goOn`), what was playing begins again.
 *
 * FreeSWITCH runs a second `playback` *inside* the first one, so a new list waits until the old one has ended. A list goes piece by
 * piece: given as one string (`playback_delimiter`, `file_string://`), FreeSWITCH skips what is missing without a word, `uuid_break`
 * ends one piece instead of the list, and `file_string` begins with 250 ms of silence. `uuid_break` is lost when FreeSWITCH has not
 * begun yet, and when another application runs in between: so it is sent when the piece has begun, and again until it has ended.
 */
export class Player {
  #channel: Channel
  #current: Play | undefined
  #running: Running | undefined
  #held: { readonly over: Promise<void>; readonly release: () => void } | undefined
  /** There is no channel now. */
  #suspended: { readonly over: Promise<void>; readonly end: () => void } | undefined
  #ended = false

  constructor(channel: Channel) {
    this.#channel = channel
  }

  play(
    audio: readonly Audio[],
    options: { readonly signal?: AbortSignal | undefined; readonly loop?: boolean | undefined },
  ): Promise<Played> {
    if (this.#ended) return Promise.resolve({ kind: 'hungUp' })
    if (options.signal?.aborted) return Promise.resolve({ kind: 'cancelled', ms: 0 })
    this.cancel()
    return new Promise((resolve) => {
      const cancel = () => {
        if (this.#current === play) this.cancel()
      }
      const play: Play = {
        pieces: audio.map(sourceOf),
        lead: [],
        loop: options.loop === true,
        over: false,
        startedAt: undefined,
        settle: (played) => {
          if (play.over) return
          play.over = true
          options.signal?.removeEventListener('abort', cancel)
          if (this.#current === play) this.#current = undefined
          resolve(played)
        },
      }
      options.signal?.addEventListener('abort', cancel, { once: true })
      this.#current = play
      this.#run(play).catch((error: unknown) => play.settle({ kind: 'failed', why: String(error) }))
    })
  }

  /** Stops what is playing: it settles as `cancelled` at once, FreeSWITCH falls silent a moment later. */
  cancel(): void {
    this.#current?.settle({ kind: 'cancelled', ms: msOf(this.#current) })
    this.#stop()
  }

  /**
   * A bridge is being made: it ends what is playing at a moment that we hear of later, so until `release` is called nothing new
   * begins, and an end is not reported.
   */
  hold(): () => void {
    this.#held?.release()
    let release: () => void = () => undefined
    const over = new Promise<void>((resolve) => (release = resolve))
    const held = {
      over,
      release: () => {
        if (this.#held === held) this.#held = undefined
        release()
      },
    }
    this.#held = held
    return held.release
  }

  /** The media server has ended what was playing by itself (a bridge does that). */
  cutOff(): void {
    this.#forget()
    this.#current?.settle({ kind: 'cancelled', ms: msOf(this.#current) })
  }

  /** The channel is lost. What is playing, and what is asked for from now on, waits for another one. */
  suspend(): void {
    if (this.#suspended || this.#ended) return
    let end: () => void = () => undefined
    const over = new Promise<void>((resolve) => (end = resolve))
    this.#suspended = { over, end }
    this.#forget()
  }

  /** There is a channel again. @param words what is heard first */
  goOn(channel: Channel, words: readonly Audio[]): void {
    this.#channel = channel
    this.#forget()
    const suspended = this.#suspended
    this.#suspended = undefined
    if (words.length > 0) {
      if (this.#current) this.#current.lead = words.map(sourceOf)
      else void this.play(words, {})
    }
    suspended?.end()
  }

  /** The leg is over. */
  end(): void {
    this.#ended = true
    this.#forget()
    this.#current?.settle({ kind: 'hungUp' })
    this.#suspended?.end()
  }

  async #run(play: Play): Promise<void> {
    for (;;) {
      if (this.#suspended) await this.#suspended.over
      if (this.#running) await this.#running.ended
      if (this.#isOver(play)) return
      const channel = this.#channel
      const problem = await this.#rounds(play)
      if (problem === channelGone && (this.#suspended || this.#channel !== channel)) continue
      return play.settle(problem === undefined ? { kind: 'finished', ms: msOf(play) } : { kind: 'failed', why: problem })
    }
  }

  /** @returns what went wrong */
  async #rounds(play: Play): Promise<string | undefined> {
    do {
      const roundStarted = performance.now()
      const pieces = [...play.lead, ...play.pieces]
      play.lead = []
      for (const piece of pieces) {
        if (play.over) return undefined
        const problem = await this.#piece(play, piece)
        if (this.#held) await this.#held.over
        if (problem !== undefined) return problem
      }
      if (play.loop && performance.now() - roundStarted < shortestRoundMs) return 'there is nothing to hear in this loop'
    } while (play.loop && !play.over)
    return undefined
  }

  /** @returns what went wrong */
  async #piece(play: Play, source: string): Promise<string | undefined> {
    for (const pause of [...againMs, undefined]) {
      const response = await this.#execute(play, source)
      if (response === 'FILE NOT FOUND') return `${source}: no such file`
      if (response === 'gone') return channelGone
      if (response !== 'PLAYBACK ERROR' || play.over) return undefined
      if (pause === undefined) break
      await new Promise((resolve) => setTimeout(resolve, pause))
      if (this.#held) await this.#held.over
      // The play ended, or was replaced, during the pause.
      if (this.#isOver(play)) return undefined
    }
    return `${source}: cannot be played`
  }

  #isOver(play: Play): boolean {
    return play.over
  }

  /** @returns FreeSWITCH's Application-Response; `gone` when the channel went first (the leg is about to end, and says so itself) */
  async #execute(play: Play, source: string): Promise<string> {
    let end: () => void = () => undefined
    const ended = new Promise<void>((resolve) => (end = resolve))
    const running: Running = { started: false, stopping: false, ended, end }
    this.#running = running
    const started = () => {
      running.started = true
      play.startedAt ??= performance.now()
      if (running.stopping) this.#break(running, 0)
    }
    const channel = this.#channel
    const watch = setTimeout(() => {
      // If this engine itself stood still, the event is about to be read.
      setTimeout(() => {
        if (!running.started && this.#running === running && !this.#held) channel.giveUp('it does nothing any more')
      }, breakAgainMs).unref()
    }, beginMs).unref()
    try {
      return (await channel.execute('playback', source, started)).getHeader('Application-Response') ?? ''
    } catch (error) {
      if (error instanceof ChannelGone) return 'gone'
      throw error
    } finally {
      clearTimeout(watch)
      if (this.#running === running) this.#running = undefined
      end()
    }
  }

  #stop(): void {
    const running = this.#running
    if (!running || running.stopping) return
    running.stopping = true
    if (running.started) this.#break(running, 0)
    // Whatever FreeSWITCH makes of it, the next play does not wait for ever.
    setTimeout(() => {
      if (this.#running === running) this.#forget()
    }, stopMs).unref()
  }

  #forget(): void {
    this.#running?.end()
    this.#running = undefined
  }

  #break(running: Running, count: number): void {
    if (this.#running !== running || this.#ended || count >= breaksAtMost) return
    this.#channel.api('uuid_break').catch(() => undefined)
    setTimeout(() => this.#break(running, count + 1), breakAgainMs).unref()
  }
}

function msOf(play: Play): number {
  return play.startedAt === undefined ? 0 : Math.round(performance.now() - play.startedAt)
}
