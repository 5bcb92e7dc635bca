import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock/clock.js'
import type { DeviceOwner } from '../directory/device-owner.js'
import type { Directory } from '../directory/model.js'
import type { Speech } from '../prompts/speech.js'
import type { IncomingCall, Switch } from '../switch/port.js'
import type { Alarms } from './alarms.js'
import { arrangedKinds, placedCall } from './arranged-call.js'
import { nothingArranged, type ArrangedCall, type Arrangements } from './arrangements.js'
import type { CallContext, CallEnd } from './call-context.js'
import { CallScope } from './call-scope.js'
import type { EventLog } from './events.js'
import type { FlowSettings } from './flow-settings.js'
import { noPast, type RungBefore } from './hunt-order.js'
import { arrival, numberInFacts, takeCall } from './incoming.js'
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
  /** Whether a number (E.164) may be dialled. Default: any; whatever dials it decides again. */
  readonly mayDial?: (number: string) => boolean
  /** PINs and codes of arranged calls. Default: nothing is arranged. */
  readonly arrangements?: Arrangements
  /** Whose the telephone of this user is, where it has proved itself by digest. Default: nobody's. */
  readonly owners?: (device: string) => DeviceOwner | undefined
  /** Why facts cannot be kept at the moment (`CallContext.cannotKeep`). Default: they always can. */
  readonly cannotKeep?: () => string | undefined
  /** Told besides the facts of the calls. Default: nobody. */
  readonly alarms?: Alarms
  /** A call that failed by a fault in the program; the call itself is told and released. */
  readonly onFault?: (callId: string, fault: unknown) => void
  /** Default: random UUIDs. Never the caller's own Call-ID, which they may choose. */
  readonly newCallId?: () => string
}

/** What came of asking for a call. `closingDown`: none is begun any more. `cannotKeep`: its acceptance could not be stored, so nobody is rung. */
export type Placed = { readonly kind: 'placed'; readonly callId: string } | { readonly kind: 'refused'; readonly why: 'closingDown' | 'cannotKeep' }

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

  /** Begins an arranged call: the engine rings the clinician, and after their acceptance the patient. Answers at once; the call goes its way. */
  place(arranged: ArrangedCall): Placed {
    if (this.#draining) return { kind: 'refused', why: 'closingDown' }
    if (this.#options.cannotKeep?.() !== undefined) return { kind: 'refused', why: 'cannotKeep' }
    const call = this.#begin({ callerNumber: '', dialledNumber: '' })
    void call.scope.keep({ type: 'call.placed', kind: arrangedKinds[arranged.kind], arrangement: arranged.id, clinician: arranged.clinician ?? '' })
    void this.#carry(call, placedCall(call, arranged))
    return { kind: 'placed', callId: call.id }
  }

  async #take(incoming: IncomingCall): Promise<void> {
    const call = this.#begin(incoming)
    const flow = Promise.resolve().then(() => (this.#draining ? refuse(call, incoming) : takeCall(call, incoming)))
    await this.#carry(call, flow, () => {
      if (!call.scope.begun) call.scope.tell(arrival(incoming))
    })
  }

  #begin(incoming: Pick<IncomingCall, 'callerNumber' | 'callerAccount' | 'dialledNumber' | 'device'>): CallContext {
    const { callerNumber, callerAccount, device } = incoming
    const { switch: telephone, speech, recordings, clock, settings, log } = this.#options
    const callId = this.#options.newCallId?.() ?? randomUUID()
    const owner = device === undefined ? undefined : this.#options.owners?.(device)
    return {
      id: callId,
      arrivedAt: clock.now(),
      directory: this.#options.directory(),
      ...(device === undefined ? {} : { device }),
      ...(owner === undefined ? {} : { owner }),
      callerNumber,
      ...(callerAccount === undefined ? {} : { callerAccount }),
      dialledNumber: numberInFacts(incoming),
      scope: new CallScope({ callId, log, clock, durableMs: settings.durableMs, releaseMs: settings.releaseMs }),
      switch: telephone,
      speech,
      recordings,
      reservations: this.#reservations,
      past: this.#options.past ?? noPast,
      mayDial: this.#options.mayDial ?? (() => true),
      arrangements: this.#options.arrangements ?? nothingArranged,
      cannotKeep: this.#options.cannotKeep ?? (() => undefined),
      alarms: this.#options.alarms ?? noAlarms,
      clock,
      settings,
    }
  }

  /** @param onFault called first when the flow ends by a fault in the program */
  #carry(call: CallContext, flow: Promise<CallEnd>, onFault?: () => void): Promise<void> {
    const over = flow
      .catch((fault: unknown) => {
        onFault?.()
        return this.#faulted(call, fault)
      })
      .then((end) => call.scope.close(end.ending, end.detail))
      .finally(() => this.#live.delete(call.scope))
    this.#live.set(call.scope, over)
    return over
  }

  /** A fault in the program ends one call, not the engine; and its caller is told. */
  async #faulted(call: CallContext, fault: unknown): Promise<CallEnd> {
    this.#options.onFault?.(call.id, fault)
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
