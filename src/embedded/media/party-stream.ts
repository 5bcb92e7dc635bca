/** Packets in sequence that a new source has to bring before it is believed (RFC 3550 appendix A.1). */
const PROBATION = 2

/**
 * Which of the streams (SSRC) that come from a party's address is the party's. Audio of any is taken; a key press only of the stream that
 * brought the audio, so that a single forged packet presses nothing. A phone that changes its stream in the middle of a call (after a
 * transfer, say) has its keys back with the second packet of audio; after an offer the first packet decides again.
 */
export class PartyStream {
  #ssrc = -1
  #candidate = -1
  #candidateNext = 0
  #candidateCount = 0

  /** A new description: the party may have begun a new stream. */
  restart(): void {
    this.#ssrc = -1
    this.#candidate = -1
  }

  /** An audio packet came. */
  audio(ssrc: number, sequence: number): void {
    if (ssrc === this.#ssrc) return
    if (this.#ssrc === -1) {
      this.#ssrc = ssrc
      return
    }
    this.#candidateCount = ssrc === this.#candidate && sequence === this.#candidateNext ? this.#candidateCount + 1 : 1
    this.#candidate = ssrc
    this.#candidateNext = (sequence + 1) & 0xffff
    if (this.#candidateCount < PROBATION) return
    this.#ssrc = ssrc
    this.#candidate = -1
  }

  /** @returns whether a key press of this stream is the party's. A phone that has sent no audio yet (it is muted) may begin with one. */
  mayPress(ssrc: number): boolean {
    if (this.#ssrc === -1) this.#ssrc = ssrc
    return ssrc === this.#ssrc
  }
}
