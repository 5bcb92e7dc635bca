/**
 * Measures what no party should have to hear: silence. Called whenever a party begins or ceases to hear something (a prompt, a tone, the
 * other party, the sound of their own key press).
 */
export class Ear {
  #silentSince: number | undefined
  #longestMs = 0

  /** @param now monotonic ms at which the leg came up, in silence */
  constructor(now: number) {
    this.#silentSince = now
  }

  hearsSomething(now: number): void {
    this.#count(now)
    this.#silentSince = undefined
  }

  hearsNothing(now: number): void {
    this.#silentSince ??= now
  }

  /** A short sound within silence. */
  hearsClick(now: number): void {
    if (this.#silentSince === undefined) return
    this.#count(now)
    this.#silentSince = now
  }

  /** The longest unbroken silence up to `now`, ms. */
  longestSilenceMs(now: number): number {
    this.#count(now)
    return this.#longestMs
  }

  #count(now: number): void {
    if (this.#silentSince !== undefined) this.#longestMs = Math.max(this.#longestMs, now - this.#silentSince)
  }
}
