import type { SipClock } from '../clock.js'

/** The running timers of one transaction, by name. */
export class TimerSet<Name extends string> {
  readonly #running = new Map<Name, () => void>()

  constructor(readonly clock: SipClock) {}

  start(name: Name, ms: number, action: () => void): void {
    this.stop(name)
    this.#running.set(
      name,
      this.clock.after(ms, () => {
        this.#running.delete(name)
        action()
      }),
    )
  }

  stop(name: Name): void {
    this.#running.get(name)?.()
    this.#running.delete(name)
  }

  stopAll(): void {
    for (const cancel of this.#running.values()) cancel()
    this.#running.clear()
  }
}
