/** What the order of a hunt needs to know of the past. */
export interface RungBefore {
  /** Wall-clock ms at which this candidate was last rung; undefined: never. */
  lastRungAt(candidate: string): number | undefined
  /** On the watch list: passed over after the good ones. */
  isWatched(target: string): boolean
}

/** Nobody was ever rung. */
export const noPast: RungBefore = { lastRungAt: () => undefined, isWatched: () => false }
