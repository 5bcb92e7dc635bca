import { sessionTimerDelay } from '../protocols/sip/session-timer.js'

export type Refresher = 'us' | 'them'

/**
 * The session timer of one dialog (RFC 4028). Where we refresh, `refresh` is called at half the interval; where the other side does,
 * `expired` shortly before the interval has passed without a refresh (section 10).
 */
export class SessionTimer {
  readonly seconds: number
  readonly refresher: Refresher
  readonly #due: () => void
  #timer: NodeJS.Timeout

  constructor(seconds: number, refresher: Refresher, on: { refresh: () => void; expired: () => void }) {
    this.seconds = seconds
    this.refresher = refresher
    this.#due = refresher === 'us' ? on.refresh : on.expired
    this.#timer = setTimeout(this.#due, sessionTimerDelay(seconds, refresher === 'us'))
  }

  /** It could not be done now (another offer is under way): tries again after `ms`. */
  again(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#due, ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
