import { sleep } from '../clock/clock.js'
import type { Audio } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { Stop } from './stop.js'
import type { WhisperRequest } from './whisper.js'

/** A whisper that ends sooner than this is not repeated at once: a prompt that cannot be heard must not spin. */
const minRepetitionMs = 500

/** Where the whisperer is: in the whisper or the pause after it; asking for the word again; or waiting for it while the window is open. */
export type Place = 'whisper' | 'offer' | 'window'

/** Repeats the whisper until told to stop; begins again at once after a wrong key, and asks when a word was heard. */
export class Whisperer {
  readonly #request: WhisperRequest
  readonly #call: CallContext
  readonly #signal: AbortSignal
  #repetition: Stop | undefined
  #wrongKey = false
  #offer = false
  #pressOnly: boolean
  #place: Place = 'whisper'
  #heardWhole = false
  /** Called when `place` or `heardWhole` changes. */
  onMoved: () => void = () => undefined

  constructor(call: CallContext, request: WhisperRequest, signal: AbortSignal, onBroken: (why: string) => void) {
    this.#call = call
    this.#request = request
    this.#signal = signal
    this.#pressOnly = request.speech.say === undefined
    void this.#speak().then(
      (why) => {
        if (why !== undefined) onBroken(why)
      },
      (fault: unknown) => onBroken(String(fault)),
    )
  }

  get place(): Place {
    return this.#place
  }

  /** The whisper has been played once in full. */
  get heardWhole(): boolean {
    return this.#heardWhole
  }

  wrongKey(): void {
    this.#wrongKey = true
    this.#offer = false
    this.#repetition?.done()
  }

  /** A word was heard: says so at once. */
  offer(): void {
    this.#offer = true
    this.#place = 'offer'
    this.#repetition?.done()
  }

  /** From the next repetition on, the word is no longer asked for. */
  pressOnly(): void {
    this.#pressOnly = true
  }

  /** @returns why it could not go on; undefined when it was stopped or the party has gone */
  async #speak(): Promise<string | undefined> {
    const { clock } = this.#call
    let failures = 0
    for (let repetition = 1; !this.#signal.aborted;) {
      const stop = new Stop(this.#signal)
      this.#repetition = stop
      const startedAt = clock.monotonic()
      const played = this.#offer ? await this.#ask(stop) : await this.#whisper(stop, repetition++)
      stop.done()
      if (played.kind === 'hungUp') return undefined
      if (played.kind === 'failed' && ++failures === 2) return played.why
      if (played.kind !== 'cancelled') await sleep(clock, minRepetitionMs - (clock.monotonic() - startedAt), this.#signal)
    }
    return undefined
  }

  async #whisper(stop: Stop, repetition: number) {
    const { leg, attempt, speech } = this.#request
    const { scope, settings } = this.#call
    this.#move('whisper')
    const words = [...(this.#wrongKey ? speech.wrongKey : []), ...(this.#pressOnly ? speech.press : (speech.say?.words ?? speech.press))]
    this.#wrongKey = false
    scope.tell({ type: 'whisper.started', attempt, repetition })
    if (this.#pressOnly) return leg.play([...words, pause(settings.whisperPauseMs)], { signal: stop.signal })
    const played = await leg.play(words, { signal: stop.signal })
    if (played.kind !== 'finished') return played
    if (!this.#heardWhole) {
      this.#heardWhole = true
      this.onMoved()
    }
    return leg.play([pause(settings.wordPauseMs)], { signal: stop.signal })
  }

  /** Asks for the word again, and leaves time for it; or, where only the key accepts, for that. */
  async #ask(stop: Stop) {
    const { leg, speech } = this.#request
    const { settings } = this.#call
    this.#offer = false
    this.#move('offer')
    const played = await leg.play(speech.say?.heard ?? [], { signal: stop.signal })
    if (played.kind !== 'finished') return played
    this.#move('window')
    return leg.play([pause(settings.wordAgainMs)], { signal: stop.signal })
  }

  #move(place: Place): void {
    if (this.#place === place) return
    this.#place = place
    this.onMoved()
  }
}

function pause(ms: number): Audio {
  return { kind: 'silence', ms }
}
