import type { CallerId, Key } from '../switch/port.js'

const seconds = 1_000

/** How calls are carried, apart from what a line's own ring policy says. Durations in ms. */
export interface FlowSettings {
  /** Single outbound number: what every called party sees. */
  readonly outbound: CallerId
  /** Wait this long for a key after the menu has been spoken. */
  readonly menuWaitMs: number
  /** Wait this long for the next digit, where a longer code could still be meant. */
  readonly interDigitMs: number
  /** Silent or wrong answers to the menu, and then the call ends politely. */
  readonly menuTries: number
  /** How often `#` has the menu read out again. */
  readonly menuRepeats: number
  /** Keys that accept a call, and words that do so on lines which want that (`Line.spokenWord`). */
  readonly acceptKeys: readonly Key[]
  readonly acceptWords: readonly string[]
  /** Pause between two repetitions of the whisper. */
  readonly whisperPauseMs: number
  /** The same where it has asked for a word: people wait for the end, and then speak. */
  readonly wordPauseMs: number
  /** After the word was heard once: so long the party has to say it again. */
  readonly wordAgainMs: number
  /** Nobody is rung for less than this: when so little is left of the hunt's total, it is over. */
  readonly minRingMs: number
  /** A rota of engaged telephones is not gone through faster than this. */
  readonly minRoundMs: number
  /** When the only specialists left are being rung or spoken to for other callers: so long is waited for one to be free. */
  readonly waitForFreedMs: number
  /** From the question for the outcome to its end without one. */
  readonly outcomeMs: number
  /**
   * Wait this long for a fact that must be durable before the next step; then it counts as not stored. Less than the store's own patience
   * (2 s), after which it lets a call go on with a fact that is in memory only.
   */
  readonly durableMs: number
  /** Wait this long for the arrival to be on disk, then answer and greet the caller all the same. */
  readonly arrivalMs: number
  /** Wait this long for speech, reservations and recordings, then go on without them. */
  readonly promptTimeoutMs: number
  /** Hold the other side this long for somebody whose browser has left the page. */
  readonly returnMs: number
  /** Wait this long for a leg to be released. */
  readonly releaseMs: number
}

/** Everything but the number, which has no sensible default. */
export const flowDefaults: Omit<FlowSettings, 'outbound'> = {
  menuWaitMs: 4 * seconds,
  interDigitMs: 2 * seconds,
  menuTries: 3,
  menuRepeats: 5,
  acceptKeys: ['1'],
  acceptWords: ['one'],
  whisperPauseMs: 1 * seconds,
  wordPauseMs: 2 * seconds,
  wordAgainMs: 3 * seconds,
  minRingMs: 3 * seconds,
  minRoundMs: 5 * seconds,
  waitForFreedMs: 30 * seconds,
  outcomeMs: 30 * seconds,
  durableMs: 1.5 * seconds,
  arrivalMs: 1 * seconds,
  promptTimeoutMs: 2.25 * seconds,
  returnMs: 30 * seconds,
  releaseMs: 10 * seconds,
}

/** Nobody who is on the telephone with us and not in a conversation hears nothing for longer than this. The checks hold every flow to it. */
export const longestSilenceMs = 5 * seconds
