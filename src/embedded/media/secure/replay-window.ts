/** RFC 3711 section 3.3.2: 64 at least. A telephone's burst after a stall of its network is longer. */
const WINDOW = 128
const HALF = 0x8000

/** Which packets of one stream have come already: what comes twice, or long after its time, is a replay. */
export class ReplayWindow {
  /** The highest index so far: sequence number, and how often it has gone round. */
  #highest = -1
  readonly #seen = new Uint8Array(WINDOW)

  /** @returns the index of a packet with that sequence number (RFC 3711 3.3.1), as the stream stands now */
  indexOf(sequence: number): number {
    if (this.#highest < 0) return sequence
    const difference = sequence - (this.#highest & 0xffff)
    const index = this.#highest + (difference > HALF ? difference - 0x10000 : difference < -HALF ? difference + 0x10000 : difference)
    return index < 0 ? index + 0x10000 : index
  }

  /** @returns whether a packet with that index is new. Whether it is genuine is checked afterwards. */
  isNew(index: number): boolean {
    if (index > this.#highest) return true
    return index > this.#highest - WINDOW && this.#seen[index % WINDOW] === 0
  }

  /** A genuine packet has come. */
  took(index: number): void {
    if (index > this.#highest) {
      const from = Math.max(this.#highest + 1, index - WINDOW + 1)
      for (let skipped = from; skipped < index; skipped++) this.#seen[skipped % WINDOW] = 0
      this.#highest = index
    }
    this.#seen[index % WINDOW] = 1
  }
}
