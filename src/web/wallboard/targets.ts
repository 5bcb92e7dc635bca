/** The service's targets (settings `targets.*`). */
export interface Targets {
  /** Median from the INVITE to two people talking, ms. */
  readonly dialToVoiceMs: number
  /** Median from the choice of the line to two people talking, ms. */
  readonly connectionMs: number
  /** Share of the offered calls that are answered, 0 to 1. */
  readonly answerRate: number
  /** The longest wait, ms. */
  readonly waitMs: number
}

/** Services that do this well connect in 33 seconds and answer four calls of five. */
export const defaultTargets: Targets = { dialToVoiceMs: 33_000, connectionMs: 33_000, answerRate: 0.8, waitMs: 60_000 }
