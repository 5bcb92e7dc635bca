import type { ClipLibrary } from './audio-clip.js'
import { openFrameSource, type FrameSource } from './frame-source.js'
import type { PlayEnd, PlayHandle, PlaySource } from './play-source.js'

/** One play, from being asked for to its end. */
class Play implements PlayHandle {
  readonly started: Promise<boolean>
  readonly ended: Promise<PlayEnd>
  /** Undefined while it is being opened. */
  source: FrameSource | undefined
  samples = 0
  over = false
  readonly #settleStarted: (started: boolean) => void
  readonly #settleEnded: (end: PlayEnd) => void
  readonly #onOver: (play: Play) => void

  constructor(onOver: (play: Play) => void) {
    this.#onOver = onOver
    let settleStarted: (started: boolean) => void = () => undefined
    let settleEnded: (end: PlayEnd) => void = () => undefined
    this.started = new Promise((resolve) => (settleStarted = resolve))
    this.ended = new Promise((resolve) => (settleEnded = resolve))
    this.#settleStarted = settleStarted
    this.#settleEnded = settleEnded
  }

  /** This many samples of it are on their way. @returns true the first time */
  sent(samples: number): boolean {
    const first = this.samples === 0 && samples > 0
    this.samples += samples
    if (first) this.#settleStarted(true)
    return first
  }

  stop(): void {
    this.finish('stopped')
  }

  finish(reason: PlayEnd['reason'], error?: PlayEnd['error']): void {
    if (this.over) return
    this.over = true
    this.source = undefined
    this.#onOver(this)
    this.#settleStarted(false)
    this.#settleEnded({ reason, playedMs: this.samples / 8, lastSample: this.samples, ...(error && { error }) })
  }
}

/** What one channel plays: a stack, of which the top one is heard. */
export class Player {
  readonly #clips: ClipLibrary
  readonly #expecting: <T>(work: Promise<T>) => Promise<T>
  readonly #onReady: () => void
  readonly #stack: Play[] = []

  /**
   * @param expecting see `MediaSockets.expecting`
   * @param onReady called when something begins to play after nothing did
   */
  constructor(clips: ClipLibrary, expecting: <T>(work: Promise<T>) => Promise<T>, onReady: () => void) {
    this.#clips = clips
    this.#expecting = expecting
    this.#onReady = onReady
  }

  /** Something is playing (or about to: while a play opens, the one below it plays on). */
  get active(): boolean {
    for (const play of this.#stack) if (play.source) return true
    return false
  }

  get count(): number {
    return this.#stack.length
  }

  play(source: PlaySource): PlayHandle {
    const play = this.#push()
    void this.#expecting(openFrameSource(source, this.#clips)).then((opened) => {
      if (play.over) return
      if (!('read' in opened)) {
        play.finish('error', opened)
        return
      }
      const first = !this.active
      play.source = opened
      if (first) this.#onReady()
    })
    return play
  }

  /** Plays what is open already, from the next frame on. */
  playNow(source: FrameSource): PlayHandle {
    const play = this.#push()
    play.source = source
    return play
  }

  stopAll(): number {
    const plays = [...this.#stack]
    for (const play of plays) play.stop()
    return plays.length
  }

  /**
   * Fills one frame from the top of the stack; a play that ends within it is followed by the one below at once.
   * @returns 0: nothing to play; 1: audio; 2: audio, and a play began with it
   */
  fill(frame: Int16Array, samples: number): 0 | 1 | 2 {
    let filled = 0
    let began = false
    for (let index = this.#stack.length - 1; index >= 0 && filled < samples; index--) {
      const play = this.#stack[index]
      if (!play?.source) continue
      // A play is over one frame after its last audio went out: by then it has been heard.
      if (!play.source.ended()) {
        const done = play.source.read(frame, filled, samples - filled)
        if (done > 0 && play.sent(done)) began = true
        filled += done
        if (!play.source.ended()) {
          // The file is not read so far yet: silence, but the place is kept.
          frame.fill(0, filled, samples)
          return began ? 2 : 1
        }
        if (filled >= samples) break
      }
      play.finish('done')
    }
    if (filled === 0) return 0
    frame.fill(0, filled, samples)
    return began ? 2 : 1
  }

  #push(): Play {
    const play = new Play((over) => {
      const at = this.#stack.indexOf(over)
      if (at >= 0) this.#stack.splice(at, 1)
    })
    this.#stack.push(play)
    return play
  }
}
