import type { Logger } from 'pino'
import type { AlarmBoard } from '../alarms/alarm-board.js'
import type { Settings } from '../config/settings.js'
import type { EngineRun } from '../fleet/presence.js'

/** What has been opened, to be closed in the opposite order. */
export class Opened {
  /** The start has failed: what was there before it is left as it was. */
  failed = false
  readonly #steps: { readonly what: string; readonly close: () => unknown }[] = []

  constructor(private readonly log: Logger) {}

  /** @param what in the log, should closing it fail */
  push(what: string, close: () => unknown): void {
    this.#steps.push({ what, close })
  }

  /** Closes all there is. What fails is logged, and the rest is closed all the same. Never rejects. */
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

/** On what every part of the engine stands. */
export interface Ground {
  readonly settings: Settings
  readonly log: Logger
  readonly alarms: AlarmBoard
  readonly opened: Opened
  /** This engine, in this run of it. */
  readonly self: EngineRun
  /** This run is over, others have its calls: the program ends at once, and touches nothing. */
  readonly runOver: () => void
}
