/** Packets in sequence that a new stream has to bring before it is believed (RFC 3550 appendix A.1). */
const PROBATION = 2
/** The stream before has ended when nothing has come of it for this long, ms: three packets. */
const ENDED_MS = 60

/**
 * Which of the streams (SSRC) that come from a party's address is the party's. Audio of any is taken; a key press only of the one that is
 * under way, so that packets slipped in between under a forged address press nothing. A phone may change its stream, also for
 * its keys alone: the new one is believed when the one before has ended. After an offer the first packet decides again.
 */
export class PartyStream {
  #ssrc = -1
  #heardAt = -Infinity
  #candidate = -1
  #candidateNext = 0
  #candidateCount = 0

  /** A new description: the party may have begun a new stream. */
  restart(): void {
    this.#ssrc = -1
    this.#candidate = -1
  }

  /** A packet came, of audio or of a key press. @param now monotonic ms @returns whether its stream is the party's */
  packet(ssrc: number, sequence: number, now: number): boolean {
    if (this.#ssrc === -1) this.#ssrc = ssrc
    if (ssrc !== this.#ssrc && !this.#takesOver(ssrc, sequence, now)) return false
    this.#ssrc = ssrc
    this.#heardAt = now
    return true
  }

  #takesOver(ssrc: number, sequence: number, now: number): boolean {
    if (now - this.#heardAt < ENDED_MS) {
      this.#candidate = -1
      return false
    }
    this.#candidateCount = ssrc === this.#candidate && sequence === this.#candidateNext ? this.#candidateCount + 1 : 1
    this.#candidate = ssrc
    this.#candidateNext = (sequence + 1) & 0xffff
    if (this.#candidateCount < PROBATION) return false
    this.#candidate = -1
    return true
  }
}
