const minute = 60_000
const day = 24 * 60 * minute

/** How many wrong guesses one party (a caller, a dialled number) may make, and the locks. */
export interface GuessRule {
  /** This many within `windowMs` lock the party. */
  readonly wrongInWindow: number
  readonly windowMs: number
  /** This many within 24 hours lock it as well, so that staying just below the first limit does not help. */
  readonly wrongInDay: number
  /** Each lock lasts twice as long as the one before, up to the longest. */
  readonly firstLockMs: number
  readonly longestLockMs: number
}

export const callerRule: GuessRule = {
  wrongInWindow: 6,
  windowMs: 15 * minute,
  wrongInDay: 20,
  firstLockMs: 15 * minute,
  longestLockMs: day,
}
export const numberRule: GuessRule = {
  wrongInWindow: 30,
  windowMs: 15 * minute,
  wrongInDay: 60,
  firstLockMs: 15 * minute,
  longestLockMs: day,
}

/** After this long without a lock a party begins with the shortest again. */
const forgiveAfterMs = 7 * day

/** How far back a restart counts: as long as a lock lengthens the next one, plus the longest lock before it. */
export const guessesKeptMs = forgiveAfterMs + day
const secondMs = 1_000

/** One guess that counts as wrong until it is known to be right. */
export interface ChargedGuess {
  readonly at: number
  pending: boolean
}

/**
 * The wrong guesses of one party. Time is an argument: milliseconds of any clock that only goes forward. Guesses still being checked
 * count as wrong meanwhile, so that many calls at once get no more guesses than one.
 */
export class GuessAccount {
  /** Oldest first, of the last 24 hours. At most a few more than `wrongInDay`, since a party beyond that is locked. */
  #guesses: ChargedGuess[] = []
  #lockedUntil = -Infinity
  #locks = 0

  constructor(private readonly rule: GuessRule) {}

  isLocked(now: number): boolean {
    return now < this.#lockedUntil
  }

  get lockedUntil(): number {
    return this.#lockedUntil
  }

  /** Whether the limits allow checking one more guess now. Not asked of a locked party. */
  hasRoom(now: number): boolean {
    const { wrongInWindow, windowMs, wrongInDay } = this.rule
    const pending = this.#guesses.filter((guess) => guess.pending).length
    if (this.#since(now - windowMs) >= wrongInWindow) return false
    // After the lock from the day's last guess there is one guess at a time, and it locks again.
    return this.#since(now - day) < wrongInDay || pending === 0
  }

  /** 0, 1, 2, 4, 8 ... seconds after the last wrong guess, by how many there were lately. @returns ms from now; 0 when it may be at once */
  waitMs(now: number): number {
    const last = this.#guesses.at(-1)
    const lately = this.#since(now - this.rule.windowMs)
    if (last === undefined || lately < 2) return 0
    return Math.max(0, last.at + secondMs * 2 ** (lately - 2) - now)
  }

  /** Counts a guess before it is checked. */
  charge(now: number): ChargedGuess {
    this.#guesses = this.#guesses.filter(({ at }) => at > now - day)
    const guess: ChargedGuess = { at: now, pending: true }
    this.#guesses.push(guess)
    return guess
  }

  /** It was right: the charge is undone. */
  refund(guess: ChargedGuess): void {
    this.#guesses = this.#guesses.filter((one) => one !== guess)
  }

  /** It was wrong. @returns whether the party is locked by it */
  confirm(guess: ChargedGuess, now: number): boolean {
    guess.pending = false
    const { wrongInWindow, windowMs, wrongInDay, firstLockMs, longestLockMs } = this.rule
    const wrong = this.#guesses.filter(({ pending }) => !pending)
    if (
      wrong.filter(({ at }) => at > now - windowMs).length < wrongInWindow &&
      wrong.filter(({ at }) => at > now - day).length < wrongInDay
    )
      return false
    if (this.isLocked(now)) return false
    this.#locks = now - this.#lockedUntil > forgiveAfterMs ? 1 : this.#locks + 1
    this.#lockedUntil = now + Math.min(longestLockMs, firstLockMs * 2 ** (this.#locks - 1))
    return true
  }

  #since(since: number): number {
    return this.#guesses.filter(({ at }) => at > since).length
  }
}
