/** Work in the background, awaited only on closing. */
export class UnderWay {
  readonly #working = new Set<Promise<void>>()

  /** @param trouble called with what went wrong */
  constructor(private readonly trouble: (error: unknown) => void) {}

  /** @returns settles when the work is over; never rejects */
  begin(work: () => Promise<void>): Promise<void> {
    const one: Promise<void> = work()
      .catch(this.trouble)
      .finally(() => this.#working.delete(one))
    this.#working.add(one)
    return one
  }

  /** Resolves when no work is left. */
  async over(): Promise<void> {
    await Promise.all(this.#working)
  }
}
