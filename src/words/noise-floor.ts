import { bands, frameMs, fullScale, type Frame } from './mel-frames.js'

/** The line's own noise is its quietest third, in each band, over the last 2 s. */
const windowFrames = 200
const share = 0.3
/** The quietest third of a noise is this far below its mean, dB. */
const belowMeanDb = 1
/** Every tenth of a second is often enough. */
const everyFrames = 10
/** Below this a line is as good as silent, dB of full scale over all bands. */
const silentDb = -58
/** Sound of the same loudness for this long is no speech, but a noise that has begun: before the first packet nothing is heard at all. */
const steadyFrames = 60
const steadyDb = 5
/** It rises by no more than this: a voice without a pause does not become the noise. */
const mostRiseDb = 10 / (1_000 / frameMs / everyFrames)
/** Each frame counts by this much where it is louder, and where it is quieter: single frames of noise wander by 5 dB. */
const smoothing = { louder: 0.35, quieter: 0.45 } as const
/** The silence before the first packet; where it lasts longer than this, the line itself is silent between words. */
const nothing = { db: -90, frames: 50 } as const

const toDb = 10 / Math.LN10
/** The same in one band, on the scale of its power. */
const bandSilentDb = silentDb + 10 * Math.log10(fullScale / bands)
const formantBands = bands / 3
/** A steady sound this far above what was the noise before it is a noise that has begun. */
const steadyRiseDb = 3

/** How far sound is above the noise of its line, dB. */
export interface AboveNoise {
  /** The third of the bands that stand out most, on average: formants. */
  readonly formantsDb: number
  /** How much they also stand out from the middle of the bands. Sound that grows louder in all of them alike is noise. */
  readonly voicedDb: number
}

/** Follows the noise of a line, band by band. */
export class NoiseFloor {
  readonly #recent = Array.from({ length: bands }, () => new RecentLevels())
  readonly #levels = new Float32Array(windowFrames)
  readonly #smoothed = new Float32Array(bands).fill(bandSilentDb)
  #level = silentDb
  readonly #db = new Float32Array(bands).fill(bandSilentDb)
  readonly #above = new Float32Array(bands)
  #frames = 0
  #nothing = 0
  #steady = false

  /** Power of the noise in each band, on average. */
  power(): Float32Array {
    return this.#db.map((db) => Math.exp((db + belowMeanDb) / toDb))
  }

  /** The same over all bands, dB of full scale. */
  level(): number {
    return 10 * Math.log10(this.power().reduce((sum, power) => sum + power, 0) / fullScale)
  }

  /** Whether what was heard in the last 0.6 s is a noise that has begun. */
  get steady(): boolean {
    return this.#steady
  }

  push({ mel, level }: Frame): AboveNoise {
    if (this.#frames === 0 && level <= nothing.db && ++this.#nothing < nothing.frames) return { formantsDb: 0, voicedDb: 0 }
    const at = this.#frames++ % windowFrames
    this.#level += (Math.max(level, silentDb) - this.#level) / 2
    this.#levels[at] = this.#level
    for (let band = 0; band < bands; band++) {
      const before = Math.exp((this.#smoothed[band] ?? 0) / toDb)
      const change = Math.exp(mel[band] ?? 0) - before
      const now = before + change * (change > 0 ? smoothing.louder : smoothing.quieter)
      const db = Math.max(bandSilentDb, toDb * Math.log(now))
      this.#smoothed[band] = db
      this.#recent[band]?.push(db - bandSilentDb)
    }
    if (this.#frames % everyFrames === 0 || this.#frames < everyFrames) this.#follow()
    else this.#steady = false
    for (let band = 0; band < bands; band++) this.#above[band] = (this.#smoothed[band] ?? 0) - (this.#db[band] ?? 0)
    this.#above.sort()
    let sum = 0
    for (let band = bands - formantBands; band < bands; band++) sum += this.#above[band] ?? 0
    const formantsDb = sum / formantBands
    return { formantsDb, voicedDb: formantsDb - Math.max(0, this.#above[bands / 2] ?? 0) / 2 }
  }

  #follow(): void {
    const steady = this.#isSteady()
    let rose = 0
    for (const [band, recent] of this.#recent.entries()) {
      const quiet = bandSilentDb + recent.below(share, windowFrames)
      const slowly = this.#frames < everyFrames ? quiet : Math.min(quiet, (this.#db[band] ?? 0) + mostRiseDb)
      const now = steady ? Math.max(slowly, bandSilentDb + recent.below(share, steadyFrames)) : slowly
      rose += now - slowly
      this.#db[band] = now
    }
    this.#steady = steady && rose / bands > steadyRiseDb
  }

  #isSteady(): boolean {
    if (this.#frames < steadyFrames) return false
    const sorted = Float32Array.from(
      { length: steadyFrames },
      (_, index) => this.#levels[(this.#frames - 1 - index) % windowFrames] ?? silentDb,
    ).sort()
    return (sorted[Math.floor(steadyFrames * 0.9)] ?? 0) - (sorted[Math.floor(steadyFrames * 0.1)] ?? 0) < steadyDb
  }
}

const stepDb = 0.25
const steps = 480

/** The levels of the last 2 s in one band, dB above silence, in steps: how often each came. */
class RecentLevels {
  readonly #ring = new Uint16Array(windowFrames)
  readonly #counts = new Uint8Array(steps)
  #frames = 0

  push(db: number): void {
    const step = Math.min(steps - 1, Math.round(db / stepDb))
    const at = this.#frames++ % windowFrames
    if (this.#frames > windowFrames) this.#count(this.#ring[at] ?? 0, -1)
    this.#ring[at] = step
    this.#count(step, 1)
  }

  /** @returns the level below which this share of the last `frames` frames lies */
  below(share: number, frames: number): number {
    const known = Math.min(frames, this.#frames)
    let counts = this.#counts
    if (frames < windowFrames) {
      counts = new Uint8Array(steps)
      for (let index = 1; index <= known; index++) {
        const step = this.#ring[(this.#frames - index) % windowFrames] ?? 0
        counts[step] = (counts[step] ?? 0) + 1
      }
    }
    let left = Math.floor(known * share)
    for (let step = 0; step < steps; step++) {
      left -= counts[step] ?? 0
      if (left < 0) return step * stepDb
    }
    return 0
  }

  #count(step: number, by: number): void {
    this.#counts[step] = (this.#counts[step] ?? 0) + by
  }
}
