/** Work that nobody waits for, but whoever closes. */
export class UnderWay {
  readonly #working = new Set<Promise<void>>()

  /** @param trouble told of what went wrong */
  constructor(private readonly trouble: (error: unknown) => void) {}

  /** @returns settles when the work is over; never rejects */
  begin(work: () => Promise<void>): Promise<void> {
    const one: Promise<void> = work()
      .catch(this.trouble)
      .finally(() => this.#working.delete(one))
    this.#working.add(one)
    return one
  }

  /** Resolves when nothing of it is left. */
  async over(): Promise<void> {
    await Promise.all(this.#working)
  }
}
