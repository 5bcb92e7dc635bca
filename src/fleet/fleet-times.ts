export interface FleetTimes {
  /** Between two signs of life, ms. */
  readonly beatMs: number
  /** Without a sign of life for this long, a run is over, ms. */
  readonly leaseMs: number
  /** A start that takes longer is over, ms. */
  readonly startMs: number
}

/** Some beats may get lost, and another engine has the calls of a dead one within three seconds. */
export const fleetTimes: FleetTimes = { beatMs: 300, leaseMs: 2_000, startMs: 60_000 }
