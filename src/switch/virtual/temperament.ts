import type { Key, KeySource, LegEnding, NoWords } from '../port.js'

/** What a person (or their voicemail) does on a call; `atMs` from the moment when they answered, or were answered. */
export type Act =
  | { readonly atMs: number; readonly does: 'press'; readonly key: Key; readonly source?: KeySource }
  | { readonly atMs: number; readonly does: 'say'; readonly word: string; readonly confidence: number }
  /** Speaks as a voicemail does: no word of theirs is taken from then on. */
  | { readonly atMs: number; readonly does: 'talk'; readonly how: Exclude<NoWords, 'lost'> }
  | { readonly atMs: number; readonly does: 'hangUp' }
  /** The leg breaks on its own: media time-out, media server lost, signalling lost, no answer to a request. */
  | { readonly atMs: number; readonly does: 'break'; readonly ending: Exclude<LegEnding, 'hangup' | 'released'> }

/** How a ringing phone refuses. */
export type Refusal = 'busy' | 'declined' | 'unavailable' | 'badNumber' | 'failed'

/** How the holder of this phone behaves when it rings. `afterMs` from the moment when the INVITE reaches it. */
export type Temperament =
  | { readonly kind: 'answers'; readonly afterMs: number; readonly then: readonly Act[] }
  | { readonly kind: 'refuses'; readonly afterMs: number; readonly how: Refusal }
  /** Rings until the caller gives up. */
  | { readonly kind: 'neverAnswers' }

export const refusalStatus: Readonly<Record<Refusal, number>> = { busy: 486, declined: 603, unavailable: 480, badNumber: 404, failed: 500 }
