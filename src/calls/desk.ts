import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock/clock.js'
import type { Directory } from '../directory/model.js'
import type { Speech } from '../prompts/speech.js'
import type { IncomingCall, Switch } from '../switch/port.js'
import type { Alarms } from './alarms.js'
import type { CallContext, CallEnd } from './call-context.js'
import { CallScope } from './call-scope.js'
import type { EventLog } from './events.js'
import type { FlowSettings } from './flow-settings.js'
import { noPast, type RungBefore } from './hunt-order.js'
import { arrival, takeCall } from './incoming.js'
import type { RecordingSink } from './recording-sink.js'
import { LocalReservations, type Reservations } from './reservations.js'
import { sayAndRelease, sentence } from './saying.js'
import { within } from './within.js'

export interface DeskOptions {
  readonly switch: Switch
  /** The directory in force now. Asked once for each call: a new one is picked up between calls, never in the middle of one. */
  readonly directory: () => Directory
  readonly speech: Speech
  readonly log: EventLog
  readonly recordings: RecordingSink
  readonly clock: Clock
  readonly settings: FlowSettings
  /** Default: in this engine's memory. */
  readonly reservations?: Reservations
  /** Default: nobody was ever rung. */
  readonly past?: RungBefore
  /** Told besides the facts of the calls. Default: nobody. */
  readonly alarms?: Alarms
  /** A call that failed by a fault in the program; the call itself is told and released. */
  readonly onFault?: (callId: string, fault: unknown) => void
  /** Default: random UUIDs. Never the caller's own Call-ID, which they may choose. */
  readonly newCallId?: () => string
}

const noAlarms: Alarms = { raise: () => undefined, clear: () => undefined }

/** Takes the calls: gives each its scope, its instant and its directory, and sees that it ends, whatever happens in it. */
export class Desk {
  readonly #options: DeskOptions
  readonly #reservations: Reservations
  readonly #live = new Map<CallScope, Promise<void>>()
  #draining = false

  constructor(options: DeskOptions) {
    this.#options = options
    this.#reservations = options.reservations ?? new LocalReservations()
  }

  /** Begins to take calls. */
  open(): void {
    this.#options.switch.onIncoming((incoming) => this.#take(incoming))
  }

  get liveCalls(): number {
    return this.#live.size
  }

  /**
   * Takes no new call (503), and lets those that there are come to their end; after `ms` milliseconds they are let go of. Settles when the
   * last one is over and told. May be called twice.
   */
  async drain(ms: number): Promise<void> {
    this.#draining = true
    const over = Promise.all(this.#live.values())
    await within(this.#options.clock, ms, over)
    for (const scope of this.#live.keys()) scope.stop()
    await Promise.all(this.#live.values())
  }

  async #take(incoming: IncomingCall): Promise<void> {
    const { log, clock, settings } = this.#options
    const directory = this.#options.directory()
    const callId = this.#options.newCallId?.() ?? randomUUID()
    const scope = new CallScope({ callId, log, clock, durableMs: settings.durableMs, releaseMs: settings.releaseMs })
    const over = this.#carry(scope, incoming, directory).finally(() => this.#live.delete(scope))
    this.#live.set(scope, over)
    await over
  }

  async #carry(scope: CallScope, incoming: IncomingCall, directory: Directory): Promise<void> {
    const { switch: telephone, speech, recordings, clock, settings } = this.#options
    const call: CallContext = {
      id: scope.callId,
      arrivedAt: clock.now(),
      directory,
      scope,
      switch: telephone,
      speech,
      recordings,
      reservations: this.#reservations,
      past: this.#options.past ?? noPast,
      alarms: this.#options.alarms ?? noAlarms,
      clock,
      settings,
    }
    const end = await (this.#draining ? refuse : takeCall)(call, incoming).catch((fault: unknown) => this.#faulted(call, incoming, fault))
    await scope.close(end.ending, end.detail)
  }

  /** A fault in the program ends one call, not the engine; and its caller is told. */
  async #faulted(call: CallContext, incoming: IncomingCall, fault: unknown): Promise<CallEnd> {
    this.#options.onFault?.(call.id, fault)
    if (!call.scope.begun) call.scope.tell(arrival(incoming))
    const { caller } = call.scope
    if (caller && !caller.ended) await within(call.clock, call.settings.releaseMs, sayAndRelease(call, caller, [sentence('technical-fault')]))
    return { ending: 'engineFault', detail: String(fault) }
  }
}

async function refuse(call: CallContext, incoming: IncomingCall): Promise<CallEnd> {
  call.scope.tell(arrival(incoming))
  await incoming.reject(503, { headers: { 'Retry-After': '30' } })
  return { ending: 'interrupted', detail: 'refused while closing down' }
}
