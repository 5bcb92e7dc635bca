import type { EmbeddedSwitchAddresses, EmbeddedSwitchLoad, EmbeddedSwitchSettings } from './settings.js'
import { Faults, type Fault } from './faults.js'

/**
 * The embedded switch in this process, for tests (production runs `main.ts` as a child process, so that media timing never waits
 * for the engine). `const s = new EmbeddedSwitch(settings); const where = await s.start(); ...; await s.stop()`.
 */
export class EmbeddedSwitch {
  readonly #faults = new Faults()

  constructor(readonly settings: EmbeddedSwitchSettings) {}

  /** Binds every port. Rejects with `ListenFailure` (one line, says which port and what to change) and leaves nothing open. */
  start(): Promise<EmbeddedSwitchAddresses> {
    return Promise.reject(new Error('not yet'))
  }

  /** Closes everything at once: BYE to nobody, sockets and files closed. May be called twice. */
  stop(): Promise<void> {
    return Promise.resolve()
  }

  fault(fault: Fault): void {
    this.#faults.arm(fault)
  }

  load(): EmbeddedSwitchLoad {
    return { channels: 0, dialogs: 0, transactions: 0, apps: 0, eventSockets: 0 }
  }
}
