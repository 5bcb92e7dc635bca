import type { SipClock } from './clock.js'
import type { SipRequest, SipResponse } from './message.js'
import { sessionExpiresOf, sessionTimerDelay } from './session-timer.js'

/** The clockwork of RFC 4028 for one session: who refreshes when, and when the session is given up. */
export class SessionRefresh {
  #seconds: number | undefined
  #weRefresh = false
  #stopTimers: (() => void)[] = []

  constructor(
    readonly clock: SipClock,
    readonly actions: { readonly refresh: () => void; readonly expired: () => void },
  ) {}

  /** From now on: we refresh at half the interval, or the other side does; the session expires shortly before the end of it. */
  start(seconds: number, weRefresh: boolean): void {
    this.stop()
    this.#seconds = seconds
    this.#weRefresh = weRefresh
    this.#stopTimers.push(this.clock.after(sessionTimerDelay(seconds, false), () => this.actions.expired()))
    if (weRefresh) this.#stopTimers.push(this.clock.after(sessionTimerDelay(seconds, true), () => this.actions.refresh()))
  }

  /** Takes what a 2xx to our request says; without Session-Expires the other side wants no timer (RFC 4028 7.2). */
  startFrom(response: SipResponse): void {
    const said = sessionExpiresOf(response)
    if (said === undefined) this.stop()
    else this.start(said.seconds, said.refresher !== 'uas')
  }

  /** Puts Session-Expires on a request of ours inside the session, so that it counts as a refresh and roles stay as they are. */
  ask(request: SipRequest): void {
    if (this.#seconds !== undefined) request.headers.add('Session-Expires', `${this.#seconds};refresher=${this.#weRefresh ? 'uac' : 'uas'}`)
  }

  stop(): void {
    for (const stop of this.#stopTimers) stop()
    this.#stopTimers = []
  }
}
