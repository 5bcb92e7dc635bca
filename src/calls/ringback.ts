import { sleep } from '../clock/clock.js'
import type { Audio, Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { over } from './stop.js'

const ringingTone: Audio = { kind: 'tone', tone: 'ringback' }

/** What plays for less than this was not heard. */
const minHeardMs = 1_000

/** A ringing tone that fails is restarted; after this many failures nothing can be played to the caller. */
const failuresInARow = 3
const pauseAfterFailureMs = 200

/**
 * What a caller hears during a hunt: words first, then the ringing tone (or music), as one play, without
 * a gap or a restart at each attempt, until they are connected or told how it ended.
 */
export class Ringback {
  readonly #call: CallContext
  readonly #caller: Leg
  readonly #lost = new AbortController()
  #current: AbortController | undefined
  #playing = false
  #handedOver = false

  /** @param waiting what comes after the words, over and over; default: the ringing tone */
  constructor(
    call: CallContext,
    caller: Leg,
    private readonly waiting: readonly Audio[] = [ringingTone],
  ) {
    this.#call = call
    this.#caller = caller
  }

  /** Aborts when nothing can be played to the caller. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Says `words`, then rings. Replaces what was being played. */
  ring(words: readonly Audio[]): void {
    this.stop()
    this.#handedOver = false
    const current = new AbortController()
    this.#current = current
    this.#playing = true
    void this.#play(words, current.signal)
      .catch(() => this.#lost.abort(over))
      .then(() => {
        if (this.#current === current) this.#playing = false
      })
  }

  /** A bridge is about to take over: ringing goes on until then and is not restarted, even if it fails. */
  handOver(): void {
    this.#handedOver = true
  }

  /** The bridge failed: rings again if the ringing has stopped meanwhile. */
  resume(): void {
    this.#handedOver = false
    if (!this.#playing) this.ring([])
  }

  /** Stops ringing. May be called twice. */
  stop(): void {
    this.#current?.abort(over)
    this.#current = undefined
    this.#playing = false
  }

  async #play(words: readonly Audio[], signal: AbortSignal): Promise<void> {
    let audio = [...words, ...this.waiting]
    for (let failures = 0; failures < failuresInARow; failures++) {
      let played = await this.#caller.play(audio, { signal })
      // Music comes to its end and is begun again.
      while (played.kind === 'finished' && played.ms >= minHeardMs && !this.#handedOver)
        played = await this.#caller.play(this.waiting, { signal })
      // `cancelled` without our doing: the bridge has taken over.
      if (played.kind === 'cancelled' || played.kind === 'hungUp') return
      // The words may have been heard, or be what cannot be played; that it rings is what matters.
      audio = [ringingTone]
      await sleep(this.#call.clock, pauseAfterFailureMs, signal)
      if (this.#handedOver) return
    }
    this.#lost.abort(over)
  }
}
