import type { Audio } from '../switch/port.js'
import type { SentenceId } from './sentences.js'

/**
 * What can be said to somebody on the telephone.
 * - `sentence`: one of the fixed sentences of `sentences.ts`, recorded once, replaceable by a human recording
 * - `name`: a name from the directory (organisation, line), spoken by the text-to-speech engine and kept by content
 * - `digits`: read one by one
 * - `time`: "nine thirty", `day`: "Monday"; made of fixed pieces
 */
export type SpeechPart =
  | { readonly kind: 'sentence'; readonly id: SentenceId }
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'digits'; readonly digits: string }
  | { readonly kind: 'pause'; readonly ms: number }

/** Turns what is to be said into audio that a leg can play. */
export interface Speech {
  /**
   * Never rejects: a name that cannot be spoken (no TTS, or it failed) is replaced by the sentence's generic word ("a practice", "an
   * advice line"), and the failure is counted and logged.
   */
  say(parts: readonly SpeechPart[]): Promise<readonly Audio[]>
  /** Speaks and keeps names ahead of time, so that no caller waits for the TTS. */
  warm(names: readonly string[]): Promise<void>
}
