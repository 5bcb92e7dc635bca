/**
 * What happens, and when, to a subject watched from time 0, where watching sometimes ends first: a
 * telephone that rang for 20 s unanswered says nothing about its 21st second.
 */
export interface Observation<Cause extends string> {
  /** ms, at least 0: when it happened, or when watching ended. */
  readonly atMs: number
  /** Undefined: nothing had happened by then. */
  readonly cause: Cause | undefined
}

export interface Incident<Cause extends string> {
  readonly atMs: number
  readonly cause: Cause
}

/**
 * Cumulative incidence of several causes under right-censoring: the Aalen-Johansen estimator (Aalen and Johansen, Scand. J. Statist. 5,
 * 1978), of which Kaplan and Meier's is the case of one cause. What remains after the last observation is the probability that nothing happens
 * within the longest observation.
 */
export class Incidence<Cause extends string> {
  readonly #incidents: readonly Incident<Cause>[]
  /** Cumulative probability up to this incident. */
  readonly #upTo: readonly number[]
  /** The longest observation, ms. 0 without any. */
  readonly longestMs: number

  constructor(observations: readonly Observation<Cause>[]) {
    const sorted = [...observations].sort((a, b) => a.atMs - b.atMs)
    const incidents: Incident<Cause>[] = []
    const upTo: number[] = []
    let atRisk = sorted.length
    let surviving = 1
    let happened = 0
    for (let at = 0; at < sorted.length;) {
      const now = sorted[at]?.atMs ?? 0
      // A subject watched until exactly this moment was still at risk.
      let leaving = 0
      let events = 0
      for (; at + leaving < sorted.length && sorted[at + leaving]?.atMs === now; leaving++) {
        const cause = sorted[at + leaving]?.cause
        if (cause === undefined) continue
        events++
        happened += surviving / atRisk
        incidents.push({ atMs: now, cause })
        upTo.push(happened)
      }
      surviving *= 1 - events / atRisk
      atRisk -= leaving
      at += leaving
    }
    this.#incidents = incidents
    this.#upTo = upTo
    this.longestMs = sorted.at(-1)?.atMs ?? 0
  }

  /** Probability of the cause by then. */
  probability(cause: Cause, byMs = Number.POSITIVE_INFINITY): number {
    return this.#incidents.reduce(
      (sum, incident, index) =>
        incident.cause === cause && incident.atMs <= byMs ? sum + (this.#upTo[index] ?? 0) - (this.#upTo[index - 1] ?? 0) : sum,
      0,
    )
  }

  /**
   * Draws what happens; `chance` in [0, 1) decides.
   * @returns undefined: nothing
   */
  draw(chance: number): Incident<Cause> | undefined {
    return this.#incidents[firstAbove(this.#upTo, chance)]
  }

  /** As `draw`, given that nothing had happened by then. */
  drawAfter(atMs: number, chance: number): Incident<Cause> | undefined {
    let past = 0
    while ((this.#incidents[past]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) past++
    const before = this.#upTo[past - 1] ?? 0
    // Rounding must not return a past incident.
    return this.#incidents[Math.max(past, firstAbove(this.#upTo, before + chance * (1 - before)))]
  }
}

/** @returns the index of the first value that is greater; the length if there is none */
function firstAbove(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 1) <= value) low = middle + 1
    else high = middle
  }
  return low
}
