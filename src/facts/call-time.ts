/** When a fact of a call was known: by the wall clock, and by the call's own time where that is known. */
export interface Moment {
  /** Wall-clock ms since the epoch. May step while a call runs. */
  readonly at: number
  /** Monotonic ms since the call's first fact. */
  readonly elapsedMs?: number
}

/**
 * Ms from one fact of a call to a later one. Measured on the monotonic clock where both have its time; facts from before it was kept, and those
 * that a later run of the engine tells, have the wall clock's alone.
 * @returns never less than 0
 */
export function msBetween(earlier: Moment, later: Moment): number {
  if (earlier.elapsedMs !== undefined && later.elapsedMs !== undefined) return Math.max(0, later.elapsedMs - earlier.elapsedMs)
  return Math.max(0, later.at - earlier.at)
}

/** A wall clock that is this far from where it was is said to have been set. Smaller differences are rounding, and the slow corrections of NTP. */
const setByMs = 1_000

/** How far the wall clock has been set since the call arrived. @returns undefined where a fact does not say, or it was not */
export function clockSetSince(arrivedAt: number, { at, elapsedMs }: Moment): number | undefined {
  if (elapsedMs === undefined) return undefined
  const set = at - elapsedMs - arrivedAt
  return Math.abs(set) < setByMs ? 0 : set
}
