/** What the service wants to reach (settings `targets.*`). */
export interface Targets {
  /** Median from the INVITE to two people talking, ms. */
  readonly dialToVoiceMs: number
  /** Median from the choice of the line to two people talking, ms. */
  readonly connectionMs: number
  /** Share of the offered calls that are answered, 0 to 1. */
  readonly answerRate: number
  /** Nobody waits longer, ms. */
  readonly waitMs: number
}

/** 33 seconds are what the services that do this well need; four calls of five are answered there. */
export const defaultTargets: Targets = { dialToVoiceMs: 33_000, connectionMs: 33_000, answerRate: 0.8, waitMs: 60_000 }
