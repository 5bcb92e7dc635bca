/** The past, as far as it decides the order of a hunt. */
export interface RungBefore {
  /** Wall-clock ms at which this candidate was last rung; undefined: never. */
  lastRungAt(candidate: string): number | undefined
  /** On the watch list: rung after the good ones. */
  isWatched(target: string): boolean
}

/** Nobody was ever rung. */
export const noPast: RungBefore = { lastRungAt: () => undefined, isWatched: () => false }
