import type { NoWords } from '../switch/port.js'
import { IsolationGate, isolation, type Utterance } from './isolation-gate.js'
import { frameMs, MelFrames, type Frame } from './mel-frames.js'
import { netInput, score } from './net.js'

/** Why no more words are taken from a leg: what it did, as voicemail greetings do. */
export type KeyOnly = Exclude<NoWords, 'lost'>

export type EarTold = { readonly kind: 'word'; readonly score: number } | { readonly kind: 'keyOnly'; readonly why: KeyOnly }

/** More speech than `mostMs` within `withinMs` of the answer is a greeting. */
export const greeting = { withinMs: 6_000, mostMs: 2_000 } as const
/** A person falls silent after the first words and listens to the whisper: more speech than this during it is a greeting that goes on. */
const listening = { afterMs: 3_000, mostMs: 600 } as const
/** After a word was heard, a person who waits for the next question says no more than this. */
const mostAfterWordMs = 400
/** A tone of this length, above these Hz: lower ones are in a voice. */
const beep = { ms: 200, tonality: 0.82, lowestHz: 380, driftHz: 45, aboveNoiseDb: 8 } as const
/** Frames that are kept for the net: the longest utterance, the quiet after it, and what comes before it. */
const keptFrames = 256

/** The net, ready for use. */
export interface WordNet {
  readonly weights: Float32Array
  readonly threshold: number
}

/**
 * What one leg says, from the answer on. Words are only taken while it is open; speech while it is closed tells greetings from people. Once it is
 * key-only it stays so.
 */
export class WordEar {
  readonly #net: WordNet
  readonly #told: (told: EarTold) => void
  readonly #frames = new MelFrames()
  readonly #gate = new IsolationGate()
  readonly #kept: Frame[] = []
  #count = 0
  #speechFrames = 0
  #overWhisperFrames = 0
  /** First frame at which a word may begin; undefined: it is not open. */
  #openFrom: number | undefined
  #wasOpen = false
  #wordHeard = false
  #sinceWord = 0
  #tone = { frames: 0, hz: 0 }
  #keyOnly: KeyOnly | undefined

  constructor(net: WordNet, told: (told: EarTold) => void) {
    this.#net = net
    this.#told = told
  }

  get keyOnly(): KeyOnly | undefined {
    return this.#keyOnly
  }

  /** Takes words that begin from now on. */
  open(): void {
    this.#openFrom ??= this.#count
    this.#wasOpen = true
  }

  shut(): void {
    this.#openFrom = undefined
  }

  push(samples: Int16Array): void {
    if (this.#keyOnly === undefined) this.#frames.push(samples, (frame) => this.#frame(frame))
  }

  #frame(frame: Frame): void {
    if (this.#keyOnly !== undefined) return
    this.#kept[this.#count % keptFrames] = frame
    this.#count++
    const noticed = this.#gate.push(frame)
    if (this.#isBeep(frame)) return this.#only('beep')
    switch (noticed.kind) {
      case 'nothing':
        return
      case 'speaking':
        if (this.#count * frameMs <= greeting.withinMs && ++this.#speechFrames * frameMs > greeting.mostMs) return this.#only('talking')
        if (!this.#wasOpen && this.#count * frameMs > listening.afterMs && ++this.#overWhisperFrames * frameMs > listening.mostMs)
          return this.#only('talking')
        if ((this.#count - noticed.from) * frameMs > isolation.longestMs) return this.#only('stretch')
        if (this.#wordHeard && this.#openFrom === undefined && ++this.#sinceWord * frameMs > mostAfterWordMs) return this.#only('goesOn')
        return
      case 'spoken':
        if (this.#openFrom === undefined || noticed.utterance.from < this.#openFrom) return
        return this.#spoken(noticed.isolated, noticed.utterance)
    }
  }

  #spoken(isolated: boolean, utterance: Utterance): void {
    const value = isolated
      ? score(
          this.#net.weights,
          netInput(
            (index) => (index < 0 || index >= this.#count || index < this.#count - keptFrames ? undefined : this.#kept[index % keptFrames]),
            utterance,
          ),
        )
      : 0
    if (value >= this.#net.threshold) {
      this.#wordHeard = true
      this.#sinceWord = 0
      this.#openFrom = undefined
      this.#told({ kind: 'word', score: value })
    } else if (this.#wordHeard) this.#only('goesOn')
  }

  #isBeep({ tonality, peakHz, level }: Frame): boolean {
    const tonal = tonality >= beep.tonality && peakHz >= beep.lowestHz && level > this.#gate.noiseDb() + beep.aboveNoiseDb
    if (!tonal || Math.abs(peakHz - this.#tone.hz) > beep.driftHz) this.#tone = { frames: tonal ? 1 : 0, hz: peakHz }
    else this.#tone.frames++
    return this.#tone.frames * frameMs >= beep.ms
  }

  #only(why: KeyOnly): void {
    this.#keyOnly = why
    this.#told({ kind: 'keyOnly', why })
  }
}
