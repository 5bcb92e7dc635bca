import type { Settings } from './config/settings.js'
import type { EmbeddedEvents } from './embedded-process.js'
import { startEmbedded, type EmbeddedServers } from './embedded-servers.js'

/** The embedded switch, which starts in its own process while the rest of the engine is still loading. Its events before there is a listener are reported then. */
export class EarlySwitch {
  /** Rejects with one line that says what keeps it from starting. */
  readonly started: Promise<EmbeddedServers>
  readonly #early: ((events: EmbeddedEvents) => void)[] = []
  #events: EmbeddedEvents | undefined

  constructor(settings: Settings) {
    this.started = startEmbedded(settings, {
      onCrash: (detail) => this.#tell((events) => events.onCrash(detail)),
      onShortages: (now) => this.#tell((events) => events.onShortages(now)),
    })
    // Code that waits for it gets the error.
    this.started.catch(() => undefined)
  }

  /** Called once. */
  listen(events: EmbeddedEvents): void {
    this.#events = events
    for (const told of this.#early.splice(0)) told(events)
  }

  #tell(what: (events: EmbeddedEvents) => void): void {
    if (this.#events === undefined) this.#early.push(what)
    else what(this.#events)
  }
}
