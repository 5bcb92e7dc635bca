import type { Audio } from '../switch/port.js'
import type { SentenceId } from './sentences.js'

/**
 * What can be said to a party on the telephone.
 * - `sentence`: one of the fixed sentences of `sentences.ts`, recorded once, replaceable by a human recording
 * - `name`: a name or a line's own words from the directory, spoken by the text-to-speech engine and kept by content; `instead` is the
 *   generic sentence ("a practice", "an advice line") for when it cannot be spoken
 * - `music`: patients' music on hold, once through; your own recording takes precedence
 * - `digits`: read one by one, with the sentences `digit-0` to `digit-9`
 */
export type SpeechPart =
  | { readonly kind: 'sentence'; readonly id: SentenceId }
  | { readonly kind: 'name'; readonly text: string; readonly instead: SentenceId }
  | { readonly kind: 'digits'; readonly digits: string }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'music' }

/** Turns speech parts into audio that a leg can play. */
export interface Speech {
  /**
   * Never rejects, and settles within two seconds: a name that cannot be spoken by then (no TTS, or it failed) is replaced by its
   * `instead`, and the failure is logged.
   */
  say(parts: readonly SpeechPart[]): Promise<readonly Audio[]>
  /** Speaks and keeps names in advance, so that no caller waits for the TTS. */
  warm(names: readonly string[]): Promise<void>
}
