import { bands, frameMs, type Frame } from './mel-frames.js'
import { NoiseFloor } from './noise-floor.js'

/** How a person speaks who says one word and nothing else. In ms. */
export const isolation = { quietBeforeMs: 300, shortestMs: 140, longestMs: 1_200, quietAfterMs: 450 } as const

/** Speech begins this far above the noise; in a noise that is itself made of voices, this far above its usual loudness. */
const begins = { voicedDb: 8.5, leastDb: 9.5, mostDb: 24, aboveUsualDb: 4 } as const
/** It goes on down to this much less. */
const goesOnLess = { voicedDb: 3, formantsDb: 4 } as const
/**
 * Where the noise is made of voices: an utterance ends sooner, as others who talk on must not prolong it; what is quieter than that at its edges still belongs
 * to it, up to this.
 */
const amongVoices = { fromUsualDb: 0.5, goesOnLessDb: 2.5, edgesLessDb: 6, edgeFrames: 15 } as const
/** The usual loudness: nine tenths of the last 2 s are below it. */
const usualFrames = 200
const usualShare = 0.9
/** Not further below its loudest moment than this. */
const belowPeakDb = 16
/** What stood out by this much less than the stretch behind it was the noise of the line. */
const nothingBesideDb = 12
/** Where a word stands out by less than this, the noise hides its edges: what is left of it may be as short as this. */
const hidden = { standsOutDb: 12, shortestMs: 60 } as const
/** Sounds shorter than this are clicks. */
const clickMs = 40

/** A stretch of speech, in frames since the beginning: `from` the first, `to` behind the last. */
export interface Utterance {
  readonly from: number
  readonly to: number
  /** How much quiet came before it, ms. */
  readonly quietBeforeMs: number
  /** Power of the line's noise when it began, in each band. */
  readonly noise: Float32Array
}

/** What the gate knows after a frame. */
export type Noticed =
  | { readonly kind: 'nothing' }
  /** The party is speaking, since `from`. */
  | { readonly kind: 'speaking'; readonly from: number }
  /** They have been quiet for long enough. `isolated`: it may have been one word alone. */
  | { readonly kind: 'spoken'; readonly utterance: Utterance; readonly isolated: boolean }

const nothing: Noticed = { kind: 'nothing' }

/** Finds stretches of speech between two silences, by what stands out of the noise of the line. */
export class IsolationGate {
  readonly #floor = new NoiseFloor()
  #frames = 0
  /** How far the last 2 s stood out: a ring buffer. */
  readonly #formants = new Float32Array(usualFrames)
  #beginsDb: number = begins.leastDb
  /** The current stretch, and its greatest loudness. */
  #from: number | undefined
  #to = 0
  #peak = 0
  #noise: Float32Array = new Float32Array(bands)
  /** Frames in a row that are loud enough for speech to go on. */
  #run = 0
  /** The stretch before this one: where it ended, and how loud it was. */
  #before = { to: 0, peak: 0 }

  /** Level of the line with nobody talking, dB of full scale. */
  noiseDb(): number {
    return this.#floor.level()
  }

  push(frame: Frame): Noticed {
    const now = this.#frames++
    const { formantsDb, voicedDb } = this.#floor.push(frame)
    this.#formants[now % usualFrames] = formantsDb
    if (this.#frames % 10 === 0) this.#beginsDb = this.#usual()
    if (this.#floor.steady) {
      this.#from = undefined
      this.#before = { to: this.#frames, peak: this.#peak }
    }
    if (this.#from === undefined && this.#run === 0) this.#peak = 0
    this.#peak = Math.max(this.#peak, formantsDb)
    const speaking =
      this.#from === undefined
        ? voicedDb > begins.voicedDb && formantsDb > this.#beginsDb
        : voicedDb > begins.voicedDb - goesOnLess.voicedDb &&
          formantsDb > Math.max(this.#beginsDb - this.#goesOnLessDb(), this.#peak - belowPeakDb)
    if (speaking && this.#run === 0 && this.#from === undefined) this.#noise = this.#floor.power()
    this.#run = speaking ? this.#run + 1 : 0
    if (speaking && (this.#from !== undefined || this.#run * frameMs >= clickMs)) {
      this.#from ??= now - this.#run + 1
      if (this.#run * frameMs >= clickMs) this.#to = now + 1
      return { kind: 'speaking', from: this.#from }
    }
    if (this.#from === undefined || (now + 1 - this.#to) * frameMs < isolation.quietAfterMs) return nothing
    // Sound before it and far below its loudest moment is the line, not the speaker.
    let from = this.#edges(this.#from, now)
    while (from < this.#to && now - from < usualFrames && (this.#formants[from % usualFrames] ?? 0) < this.#peak - belowPeakDb) from++
    const before = this.#before.peak < this.#peak - nothingBesideDb ? 0 : this.#before.to
    const shortestMs = this.#peak < this.#beginsDb + hidden.standsOutDb ? hidden.shortestMs : isolation.shortestMs
    const utterance: Utterance = { from, to: this.#to, quietBeforeMs: (from - before) * frameMs, noise: this.#noise }
    this.#before = { to: this.#to, peak: this.#peak }
    this.#from = undefined
    const ms = (utterance.to - utterance.from) * frameMs
    return {
      kind: 'spoken',
      utterance,
      isolated: utterance.quietBeforeMs >= isolation.quietBeforeMs && ms >= shortestMs && ms <= isolation.longestMs,
    }
  }

  get #amongVoices(): boolean {
    return this.#beginsDb > begins.leastDb + amongVoices.fromUsualDb
  }

  #goesOnLessDb(): number {
    return this.#amongVoices ? amongVoices.goesOnLessDb : goesOnLess.formantsDb
  }

  /** Among voices: moves the end to where it is no louder than they are. @returns the beginning, moved likewise */
  #edges(from: number, now: number): number {
    if (!this.#amongVoices) return from
    const least = Math.max(this.#beginsDb - amongVoices.edgesLessDb, this.#peak - belowPeakDb)
    const belongs = (frame: number): boolean => (this.#formants[frame % usualFrames] ?? 0) > least
    const earliest = Math.max(0, now + 1 - usualFrames, from - amongVoices.edgeFrames)
    const latest = Math.min(now, this.#to + amongVoices.edgeFrames)
    while (from > earliest && belongs(from - 1)) from--
    while (this.#to < latest && belongs(this.#to)) this.#to++
    return from
  }

  #usual(): number {
    const count = Math.min(usualFrames, this.#frames)
    const usual = this.#formants.slice(0, count).sort()[Math.floor(count * usualShare)] ?? 0
    return Math.max(begins.leastDb, Math.min(begins.mostDb, usual + begins.aboveUsualDb))
  }
}
