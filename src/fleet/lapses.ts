/** A look into the list of beats. */
export interface Beat {
  readonly incarnation: string
  /** Number of its signs of life. 0: it is starting, and has given none yet. */
  readonly beats: number
}

interface Observed {
  beats: number
  /** Monotonic ms at which this count was first seen. */
  since: number
}

/**
 * Tells which runs have given no sign of life for the length of a lease, by the observer's own clock and its own looks: a run counts as lapsed when its count of beats stayed the same while this
 * engine looked again and again without a break. After a break (the database was away, this engine stood still) every run has a whole lease again: beats not
 * seen then prove nothing.
 *
 * An engine that starts gives no signs of life yet: on a busy machine its start may take seconds, and it has no calls. It has longer.
 */
export class Lapses {
  readonly #observed = new Map<string, Observed>()
  /** Those that were seen to beat: a server that lost its counts (they need not survive a crash) does not make them starting engines. */
  readonly #begun = new Set<string>()
  #lastLook: number | undefined

  /**
   * @param leaseMs without a beat for this long, a run is over
   * @param breakMs between two looks; more than that is a break
   * @param startMs a start that takes longer has failed
   */
  constructor(
    private readonly leaseMs: number,
    private readonly breakMs: number,
    private readonly startMs: number,
  ) {}

  /** @param now monotonic ms @param beats of all engines that count as running, this engine left out @returns those that have lapsed */
  look(now: number, beats: readonly Beat[]): readonly Beat[] {
    if (this.#lastLook === undefined || now - this.#lastLook > this.breakMs) this.#observed.clear()
    this.#lastLook = now
    const there = new Set(beats.map(({ incarnation }) => incarnation))
    for (const incarnation of this.#observed.keys()) if (!there.has(incarnation)) this.#observed.delete(incarnation)
    for (const incarnation of this.#begun) if (!there.has(incarnation)) this.#begun.delete(incarnation)
    return beats.filter(({ incarnation, beats: count }) => {
      if (count > 0) this.#begun.add(incarnation)
      const observed = this.#observed.get(incarnation)
      if (observed?.beats !== count) {
        this.#observed.set(incarnation, { beats: count, since: now })
        return false
      }
      return now - observed.since >= (this.#begun.has(incarnation) ? this.leaseMs : this.startMs)
    })
  }
}
