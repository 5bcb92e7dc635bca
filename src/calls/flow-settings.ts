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
  /** Silent or wrong answers to the menu before the call ends politely. */
  readonly menuTries: number
  /** How often `#` repeats the menu. */
  readonly menuRepeats: number
  /** Keys that accept a call, and words that do so on lines which want that (`Line.spokenWord`). */
  readonly acceptKeys: readonly Key[]
  readonly acceptWords: readonly string[]
  /** Pause between two repetitions of the whisper. */
  readonly whisperPauseMs: number
  /** The same after a whisper that asks for a word: people speak after its end. */
  readonly wordPauseMs: number
  /** Once the word was heard: the party has this long to say it again. */
  readonly wordAgainMs: number
  /** Nobody is rung for less than this: a hunt with less left of its total is over. */
  readonly minRingMs: number
  /** A round of a rota takes at least this long, even if every telephone is engaged. */
  readonly minRoundMs: number
  /** If the only specialists left are busy with other callers, wait this long for one to be free. */
  readonly waitForFreedMs: number
  /** From the question for the outcome until it is given up. */
  readonly outcomeMs: number
  /**
   * Wait this long for a fact that must be durable before the next step; then it counts as not stored. Less than the store's own time-out
   * (2 s), after which it lets a call go on with a fact that is only in memory.
   */
  readonly durableMs: number
  /** Wait this long for the arrival to be on disk, then answer and greet the caller anyway. */
  readonly arrivalMs: number
  /** Wait this long for speech, reservations and recordings, then go on without them. */
  readonly promptTimeoutMs: number
  /** Hold the other side this long for a party whose browser has left the page. */
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

/** The longest silence that a party outside a conversation may hear. The checks hold every flow to it. */
export const longestSilenceMs = 5 * seconds
