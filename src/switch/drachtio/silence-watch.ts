import type { Arrived } from './channel.js'

/** Looks within one time-out; a look costs the media server four short commands. */
const looksEach = 4
const shortestPauseMs = 250
const longestPauseMs = 15_000
/** A party that is asked has this long to answer: five transmissions over UDP (RFC 3261 section 17.1.2.1). */
const answerWithinMs = { least: 4_000, most: 8_000 }
/** Answers in a row that say neither. */
const doubtsAtMost = 3

/** `unsure`: the party, or a server on the way, cannot say just now. */
export type Presence = 'there' | 'gone' | 'unsure'

/**
 * Notices a party that has gone without a BYE.
 *
 * No voice for a while says little: the party holds the call, or is muted, and many phones send nothing then. So it is asked, within the
 * dialog, whether it is still there, and the call ends only when it does not answer. RTCP counts as a sign of life, too.
 */
export class SilenceWatch {
  readonly #timeoutMs: number
  readonly #arrived: () => Promise<Arrived>
  readonly #isThere: (withinMs: number) => Promise<Presence>
  readonly #onGone: () => void
  #last: Arrived | undefined
  #lastSignAt = performance.now()
  #doubts = 0
  #timer: NodeJS.Timeout | undefined
  #over = false

  /**
   * @param timeoutMs silence after which the party is asked; 0: never
   * @param isThere asks the party
   * @param onGone called once: it did not answer
   */
  constructor(timeoutMs: number, arrived: () => Promise<Arrived>, isThere: (withinMs: number) => Promise<Presence>, onGone: () => void) {
    this.#timeoutMs = timeoutMs
    this.#arrived = arrived
    this.#isThere = isThere
    this.#onGone = onGone
    if (timeoutMs > 0) this.#later()
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#timer)
  }

  #later(): void {
    if (this.#over) return
    const pause = Math.min(longestPauseMs, Math.max(shortestPauseMs, this.#timeoutMs / looksEach))
    this.#timer = setTimeout(() => void this.#look().then(() => this.#later()), pause).unref()
  }

  async #look(): Promise<void> {
    const now = await this.#arrived().catch(() => undefined)
    // If the media server does not answer, that is not the party's fault.
    if (now === undefined || now.packets !== this.#last?.packets || now.reports !== this.#last.reports) {
      this.#last = now
      this.#lastSignAt = performance.now()
      return
    }
    if (performance.now() - this.#lastSignAt < this.#timeoutMs) return
    const presence = await this.#isThere(Math.min(answerWithinMs.most, Math.max(answerWithinMs.least, this.#timeoutMs)))
    if (this.#over) return
    if (presence === 'there') this.#lastSignAt = performance.now()
    this.#doubts = presence === 'unsure' ? this.#doubts + 1 : 0
    if (presence !== 'gone' && this.#doubts < doubtsAtMost) return
    this.stop()
    this.#onGone()
  }
}
