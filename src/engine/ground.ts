import type { Logger } from 'pino'
import type { AlarmBoard } from '../alarms/alarm-board.js'
import type { Settings } from '../config/settings.js'
import type { EngineRun } from '../fleet/presence.js'

/** Everything opened, to close in the reverse order. */
export class Opened {
  /** The start has failed: whatever was there before is left as it was. */
  failed = false
  readonly #steps: { readonly what: string; readonly close: () => unknown }[] = []

  constructor(private readonly log: Logger) {}

  /** @param what its name in the log, should closing it fail */
  push(what: string, close: () => unknown): void {
    this.#steps.push({ what, close })
  }

  /** Closes everything. Failures are logged, and the rest is closed anyway. Never rejects. */
  async closeAll(): Promise<void> {
    for (const { what, close } of this.#steps.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        this.log.error({ err: error }, `closing ${what} failed`)
      }
    }
  }
}

/** What every part of the engine is built on. */
export interface Ground {
  readonly settings: Settings
  readonly log: Logger
  readonly alarms: AlarmBoard
  readonly opened: Opened
  /** This engine, in this run of it. */
  readonly self: EngineRun
  /** Called when this run is over and others have its calls: the program ends at once, and touches nothing. */
  readonly runOver: () => void
}
