import { frameMs, type Frame } from './mel-frames.js'

/** How somebody speaks who says one word and nothing else. In ms. */
export const isolation = { quietBeforeMs: 300, shortestMs: 140, longestMs: 1_200, quietAfterMs: 450 } as const

/** The level of the line with nobody talking: its quietest fifth of the last 2 s. */
const floorFrames = 200
const floorShare = 0.2
const lowestFloorDb = -58
/** What is as loud for as long as this is no speech, but a noise that has begun: before the first packet nothing is heard at all. */
const steadyFrames = 60
const steadyDb = 5
/** Speech begins this far above the line's own level, and goes on down to the second figure, but not further below its loudest moment than the third. */
const beginsDb = 8
const goesOnDb = 5
const belowPeakDb = 16
/** Sounds shorter than this are clicks. */
const clickMs = 40

/** A stretch of speech, in frames since the beginning: `from` the first, `to` behind the last. */
export interface Utterance {
  readonly from: number
  readonly to: number
  /** Of how much quiet came before it, ms. */
  readonly quietBeforeMs: number
}

/** What a frame makes known. */
export type Noticed =
  | { readonly kind: 'nothing' }
  /** Somebody is speaking, since `from`. */
  | { readonly kind: 'speaking'; readonly from: number }
  /** They have been quiet for long enough. `isolated`: it may have been one word alone. */
  | { readonly kind: 'spoken'; readonly utterance: Utterance; readonly isolated: boolean }

const nothing: Noticed = { kind: 'nothing' }

/** Finds stretches of speech between two silences, by the level alone. */
export class IsolationGate {
  #frames = 0
  /** Levels of the last 2 s: a ring. */
  readonly #levels = new Float32Array(floorFrames)
  #smoothed = lowestFloorDb
  #floor = lowestFloorDb
  /** The stretch that is going on, and how loud it was at most. */
  #from: number | undefined
  #to = 0
  #peak = lowestFloorDb
  /** Frames above the level that speech goes on with, without a break. */
  #run = 0
  /** Where the stretch before this one ended. */
  #before = 0

  /** The level of the line with nobody talking, dB. */
  get floor(): number {
    return this.#floor
  }

  push({ level }: Frame): Noticed {
    const now = this.#frames++
    this.#follow(level)
    if (this.#from === undefined && this.#run === 0) this.#peak = lowestFloorDb
    this.#peak = Math.max(this.#peak, this.#smoothed)
    const speaking =
      this.#smoothed > (this.#from === undefined ? this.#floor + beginsDb : Math.max(this.#floor + goesOnDb, this.#peak - belowPeakDb))
    this.#run = speaking ? this.#run + 1 : 0
    if (speaking && (this.#from !== undefined || this.#run * frameMs >= clickMs)) {
      this.#from ??= now - this.#run + 1
      if (this.#run * frameMs >= clickMs) this.#to = now + 1
      return { kind: 'speaking', from: this.#from }
    }
    if (this.#from === undefined || (now + 1 - this.#to) * frameMs < isolation.quietAfterMs) return nothing
    // What was before it and far below its loudest moment is the line, not the speaker.
    let from = this.#from
    while (from < this.#to && now - from < floorFrames && (this.#levels[from % floorFrames] ?? 0) < this.#peak - belowPeakDb) from++
    const utterance: Utterance = { from, to: this.#to, quietBeforeMs: (from - this.#before) * frameMs }
    this.#before = this.#to
    this.#from = undefined
    const ms = (utterance.to - utterance.from) * frameMs
    return {
      kind: 'spoken',
      utterance,
      isolated: utterance.quietBeforeMs >= isolation.quietBeforeMs && ms >= isolation.shortestMs && ms <= isolation.longestMs,
    }
  }

  #follow(level: number): void {
    this.#smoothed += (Math.max(level, lowestFloorDb) - this.#smoothed) / 2
    this.#levels[(this.#frames - 1) % floorFrames] = this.#smoothed
    // Every tenth of a second is often enough.
    if (this.#frames % 10 !== 0 && this.#frames > 10) return
    const quietest = Math.max(lowestFloorDb, this.#share(floorFrames, floorShare))
    const steady =
      this.#share(steadyFrames, 0.9) - this.#share(steadyFrames, 0.1) < steadyDb ? this.#share(steadyFrames, 0.5) : lowestFloorDb
    this.#floor = Math.max(quietest, steady)
    if (steady < quietest + beginsDb) return
    this.#from = undefined
    this.#before = this.#frames
  }

  /** @returns the level below which this share of the last frames is */
  #share(frames: number, share: number): number {
    const count = Math.min(frames, this.#frames)
    const sorted = new Float32Array(count)
    for (let index = 0; index < count; index++) sorted[index] = this.#levels[(this.#frames - 1 - index) % floorFrames] ?? lowestFloorDb
    return sorted.sort()[Math.floor(count * share)] ?? lowestFloorDb
  }
}
