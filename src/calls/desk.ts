import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { DeviceOwner } from '../directory/device-owner.js'
import { browserUserPrefix } from '../directory/device-user.js'
import type { ClinicianId, Directory } from '../directory/model.js'
import { staff, type Actor } from '../facts/actor.js'
import { newCallId } from '../facts/call-id.js'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { AttemptRecord } from '../facts/attempt-record.js'
import { carrierOf } from '../facts/carrier.js'
import type { CallEvent, EventLog } from '../facts/events.js'
import type { Speech } from '../prompts/speech.js'
import type { RecordingSink } from '../recordings/recording-sink.js'
import { LocalReservations, type Reservations } from '../shared/reservations.js'
import type { Audio, IncomingCall, Leg, Switch } from '../switch/port.js'
import { noPast, type RungBefore } from '../watch-list/rung-before.js'
import { arrangedKinds, placedCall } from './arranged-call.js'
import { nothingArranged, type ArrangedCall, type Arrangements } from './arrangements.js'
import type { CallContext, CallEnd } from './call-context.js'
import { CallScope } from './call-scope.js'
import { connectionTest, connectionTestNumber } from './connection-test.js'
import type { FlowSettings } from './flow-settings.js'
import { goOn } from './go-on.js'
import { holdClinician } from './hold-clinician.js'
import { arrival, numberInFacts, takeCall } from './incoming.js'
import { takeLegs } from './left-legs.js'
import { handleOf } from './leg-handle.js'
import { legsOf, Returns, type BrowserOf, type OtherTalks } from './returns.js'
import { sayAndRelease, sentence } from './saying.js'
import { ownCall, type OwnCall } from './own-call.js'
import { SetUpGate, type SetUpLimits } from './set-up-gate.js'
import { within } from './within.js'

export interface DeskOptions {
  readonly switch: Switch
  /** The current directory. Asked once for each call: a reload applies to new calls, never to a running one. */
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
  /** Whether a clinician has said "not now": they are rung when nobody else accepts. Default: nobody. */
  readonly notNow?: (clinician: ClinicianId) => boolean
  /** Whether a number (E.164) may be dialled. Default: any; the switch checks again when it dials. */
  readonly mayDial?: (number: string) => boolean
  /** PINs and codes of arranged calls. Default: nothing is arranged. */
  readonly arrangements?: Arrangements
  /** The owner of the telephone with this user, once it has authenticated by digest. Default: nobody. */
  readonly owners?: (device: string) => DeviceOwner | undefined
  /** Talks at other engines to which browsers may come back. Default: there are no other engines. */
  readonly otherTalks?: OtherTalks
  /** Why facts cannot be kept at the moment (`CallContext.cannotKeep`). Default: they always can. */
  readonly cannotKeep?: () => string | undefined
  /** How many calls are answered at a time, and how long the others wait. */
  readonly setUp?: SetUpLimits
  /** Told besides the facts of the calls. Default: nobody. */
  readonly alarms?: Alarms
  /** A call that failed by a fault in the program; the call itself is told and released. */
  readonly onFault?: (callId: string, fault: unknown) => void
  /** Whether the INVITE of a call whose engine died has come again since, and is another call. Default: it never does. */
  readonly cameAgain?: (call: Pick<CallRecord, 'callId' | 'sipCallId'>) => Promise<boolean>
  /** A call of an engine that died goes on here: its facts so far, before any more are told. */
  readonly onTakenOver?: (events: readonly CallEvent[]) => void
  /** Default: `newCallId`. Never the caller's own Call-ID, which they may choose. */
  readonly newCallId?: () => string
}

/** The result of asking for a call. `closingDown`: no more are begun. `cannotKeep`: its acceptance could not be stored, so nobody is rung. */
export type Placed =
  { readonly kind: 'placed'; readonly callId: string } | { readonly kind: 'refused'; readonly why: 'closingDown' | 'cannotKeep' }

/** What became of a call whose engine died. `left`: no party could be found on the line. */
export type TakenOver = { readonly kind: 'takenOver' } | { readonly kind: 'left'; readonly why: string }

/** What a browser dials after its page was reloaded during a talk. */
const returnNumber = 'return'

/** More calls come than can be answered. */
const overload = 'calls.overloaded'

const noAlarms: Alarms = { raise: () => undefined, clear: () => undefined }

/** Takes the calls: gives each its scope, its instant and its directory, and makes sure that it ends. */
export class Desk {
  readonly #options: DeskOptions
  readonly #reservations: Reservations
  readonly #gate: SetUpGate
  readonly #returns: Returns
  readonly #live = new Map<CallContext, Promise<void>>()
  #movedWords: Promise<readonly Audio[]> | undefined
  #draining = false

  constructor(options: DeskOptions) {
    this.#options = options
    this.#reservations = options.reservations ?? new LocalReservations()
    this.#returns = new Returns((browser) => this.#letGoOf(browser), options.otherTalks)
    this.#gate = new SetUpGate(options.clock, options.setUp)
  }

  /** Begins to take calls. */
  open(): void {
    this.#options.switch.onIncoming((incoming) => this.#take(incoming))
  }

  get liveCalls(): number {
    return this.#live.size
  }

  /** It is closing down and begins no more calls. */
  get draining(): boolean {
    return this.#draining
  }

  /**
   * Refuses new calls (503) and lets running ones end; after `ms` milliseconds they are released. Settles when the
   * last one has ended and its end is appended. May be called twice.
   */
  async drain(ms: number): Promise<void> {
    this.#draining = true
    const over = Promise.all(this.#live.values())
    await within(this.#options.clock, ms, over)
    for (const { scope } of this.#live.keys()) scope.stop()
    await Promise.all(this.#live.values())
  }

  /** Begins an arranged call: the engine rings the clinician, and after their acceptance the patient. Returns at once; the call runs on. `actor`: who asked for it. */
  place(arranged: ArrangedCall, actor: Actor = staff): Placed {
    if (this.#draining) return { kind: 'refused', why: 'closingDown' }
    if (this.#options.cannotKeep?.() !== undefined) return { kind: 'refused', why: 'cannotKeep' }
    const call = this.#begin({ callerNumber: '', dialledNumber: '' })
    void call.scope.keep(
      { type: 'call.placed', kind: arrangedKinds[arranged.kind], arrangement: arranged.id, clinician: arranged.clinician ?? '' },
      actor,
    )
    void this.#carry(call, placedCall(call, arranged))
    return { kind: 'placed', callId: call.id }
  }

  /** Begins a call that a clinician asked for with one press: the engine rings them, and then the line. Returns at once; the call runs on. `actor`: who asked for it. */
  ring(own: OwnCall, actor?: Actor): Placed {
    if (this.#draining) return { kind: 'refused', why: 'closingDown' }
    if (this.#options.cannotKeep?.() !== undefined) return { kind: 'refused', why: 'cannotKeep' }
    const { clinician, organisation } = own
    const call = this.#begin({ callerNumber: '', dialledNumber: '', owner: { kind: 'clinician', id: clinician.id } })
    const arrived = { type: 'call.arrived', kind: 'line', callerNumber: '', dialledNumber: '', source: 'engine' } as const
    void call.scope.keep({ ...arrived, organisation: organisation.id, clinician: clinician.id }, actor)
    void this.#carry(call, ownCall(call, own))
    return { kind: 'placed', callId: call.id }
  }

  /**
   * Goes on with a call whose engine died.
   * @param events its facts so far, in order
   * @returns why it does not go on: then no fact is added
   */
  async takeOver(events: readonly CallEvent[]): Promise<TakenOver> {
    const record = callRecord(events)
    if (record === undefined || record.ending !== undefined || this.#draining)
      return { kind: 'left', why: 'it has ended, or this engine is closing down' }
    const legs = await takeLegs(this.#options.switch, events, () => this.#options.cameAgain?.(record) ?? Promise.resolve(false))
    if (legs.taken.length === 0) return { kind: 'left', why: legs.lost.map(({ party, why }) => `${party}: ${why}`).join('; ') }
    const call = this.#begin(
      {
        callerNumber: record.callerNumber,
        dialledNumber: record.dialledNumber,
        ...(record.device === undefined ? {} : { device: record.device }),
      },
      { record, events },
    )
    const { scope } = call
    this.#options.onTakenOver?.(events)
    for (const { leg, party } of legs.taken) scope.own(leg, party)
    scope.tell({ type: 'call.takenOver', from: carrierOf(events) ?? record.node, legs: legs.taken.map(({ leg }) => leg.id) })
    for (const { leg, party, attempt, moved, untold } of legs.taken) {
      // Should this engine die as well, they are found where they are now.
      if (moved && !untold) scope.tell({ type: 'leg.moved', legId: leg.id, party, ...handleOf(leg) })
      if (!untold) continue
      if (attempt === undefined) scope.tell({ type: 'call.answered', legId: leg.id, ...handleOf(leg) })
      else scope.tell({ type: 'attempt.answered', attempt, legId: leg.id, ...handleOf(leg) })
    }
    for (const { legId, party, hungUp, why } of legs.lost) {
      if (legId === undefined) continue
      scope.tell({
        type: 'leg.ended',
        legId,
        party,
        hangUp: { ending: hungUp ? 'hangup' : 'signallingLost', at: call.clock.now(), detail: why },
      })
    }
    for (const { leg, attempt } of legs.taken)
      this.#reserve(
        call,
        leg,
        record.attempts.find((one) => one.attempt === attempt),
      )
    void this.#carry(call, goOn(call, record, legs))
    return { kind: 'takenOver' }
  }

  /** A clinician on the line is not rung for another call. */
  #reserve(call: CallContext, leg: Leg, attempt: AttemptRecord | undefined): void {
    if (attempt === undefined) {
      if (call.owner?.kind === 'clinician') holdClinician(call, leg, call.owner.id, 'takeOver')
      return
    }
    // A specialist still in the whisper is reserved by the hunt.
    if (attempt.result === undefined && attempt.acceptedAt === undefined) return
    void this.#reservations.reserve([attempt.candidate, `target:${attempt.target}`], call.id, 'takeOver').then(
      (result) => {
        if (result.kind === 'taken') return
        result.reservation.onACall()
        void leg.hungUp.then(() => result.reservation.release())
      },
      () => undefined,
    )
  }

  /** A browser in a talk is leaving its page, and may load it again: the other side is held. @returns false: it talks with nobody */
  browserAway(device: string): boolean {
    return this.#returns.tell(this.#browserOf(device), 'away', this.#options.clock.now())
  }

  /** The party that talked by this browser does not come back. */
  browserLeft(device: string): boolean {
    return this.#returns.tell(this.#browserOf(device), 'left', this.#options.clock.now())
  }

  /** Where this browser finds its talk if another engine's switch has it: `ws://host:port`. */
  switchOfTalk(device: string): string | undefined {
    return this.#returns.switchOf(this.#browserOf(device))
  }

  /** Its session is over, and its calls with it. @param browser of a clinician who has no other one: else it is unknown which of them was rung */
  browserSignedOut(browser: BrowserOf): void {
    this.#returns.signedOut(browser, this.#options.clock.now())
  }

  #letGoOf(browser: BrowserOf): void {
    for (const call of this.#live.keys()) {
      for (const leg of legsOf(call, browser)) void call.scope.release(leg)
      // It has still to be answered.
      if (call.device === browser.device && call.scope.caller === undefined) call.scope.stop()
    }
  }

  #browserOf(device: string): BrowserOf {
    const owner = this.#options.owners?.(device)
    return { device, clinician: owner?.kind === 'clinician' ? owner.id : undefined }
  }

  /** A browser rejoins its talk by an INVITE of its own, which is not counted as a call. */
  async #goOnWith(incoming: IncomingCall, browser: BrowserOf): Promise<void> {
    switch (this.#returns.has(browser)) {
      case 'nowhere':
        return incoming.reject(404)
      case 'elsewhere':
        // It dials again, and the servers give calls to the engines by turns.
        return incoming.reject(480)
      case 'here':
    }
    const answer = await incoming.answer()
    if (answer.kind === 'answered' && !this.#returns.back(browser, answer.leg)) await answer.leg.close()
  }

  async #take(incoming: IncomingCall): Promise<void> {
    if (incoming.device?.startsWith(browserUserPrefix)) {
      if (incoming.dialledNumber === returnNumber) return this.#goOnWith(incoming, this.#browserOf(incoming.device))
      if (incoming.dialledNumber === connectionTestNumber)
        return this.#draining ? incoming.reject(503) : connectionTest(incoming, this.#options.clock)
    }
    const call = this.#begin(incoming)
    const flow = Promise.resolve().then(() => this.#admit(call, incoming))
    await this.#carry(call, flow, () => {
      if (!call.scope.begun) call.scope.tell(arrival(incoming, call.owner))
    })
  }

  /** Lets the call in when its turn comes; it holds its place until it is answered or refused. */
  async #admit(call: CallContext, incoming: IncomingCall): Promise<CallEnd> {
    const closingDown = (): boolean => this.#draining
    const refuseIt = (): Promise<CallEnd> => refuse(call, incoming, { ending: 'interrupted', detail: 'refused while closing down' })
    if (closingDown()) return refuseIt()
    const admitted = await this.#gate.enter(incoming.signal)
    if (admitted.kind === 'gone') {
      call.scope.tell(arrival(incoming, call.owner))
      return { ending: 'abandonedBeforeAnswer' }
    }
    if (admitted.kind === 'refused') {
      call.alarms.raise(overload, 'more calls come than can be answered in time: callers are refused (503)')
      return refuse(call, incoming, { ending: 'overloaded' })
    }
    const leave = (): void => {
      admitted.leave()
      if (this.#gate.hasRoom) call.alarms.clear(overload)
    }
    if (closingDown()) {
      leave()
      return refuseIt()
    }
    return takeCall(call, incoming, leave).finally(leave)
  }

  /** @param left the facts of an engine that died */
  #begin(
    incoming: Pick<IncomingCall, 'callerNumber' | 'callerAccount' | 'dialledNumber' | 'device'> & { readonly owner?: DeviceOwner },
    left?: { readonly record: CallRecord; readonly events: readonly CallEvent[] },
  ): CallContext {
    const { callerNumber, callerAccount, device } = incoming
    const { switch: telephone, speech, recordings, clock, settings, log } = this.#options
    const callId = left?.record.callId ?? this.#options.newCallId?.() ?? newCallId(clock.now())
    const owner = device === undefined ? incoming.owner : this.#options.owners?.(device)
    return {
      id: callId,
      arrivedAt: left?.record.arrivedAt ?? clock.now(),
      directory: this.#options.directory(),
      ...(device === undefined ? {} : { device }),
      ...(owner === undefined ? {} : { owner }),
      callerNumber,
      ...(callerAccount === undefined ? {} : { callerAccount }),
      dialledNumber: numberInFacts(incoming),
      scope: new CallScope({
        callId,
        log,
        clock,
        ...(left ? { before: left.events } : {}),
        ...(owner?.kind === 'clinician' ? { caller: { kind: 'clinician', id: owner.id } } : {}),
        wordsAfterMove: () => this.#wordsAfterMove(),
        durableMs: settings.durableMs,
        releaseMs: settings.releaseMs,
      }),
      switch: telephone,
      speech,
      recordings,
      reservations: this.#reservations,
      past: this.#options.past ?? noPast,
      notNow: this.#options.notNow ?? (() => false),
      mayDial: this.#options.mayDial ?? (() => true),
      arrangements: this.#options.arrangements ?? nothingArranged,
      cannotKeep: this.#options.cannotKeep ?? (() => undefined),
      alarms: this.#options.alarms ?? noAlarms,
      returns: this.#returns,
      clock,
      settings,
    }
  }

  /** Worked out once: it is the same for everybody. */
  #wordsAfterMove(): Promise<readonly Audio[]> {
    return (this.#movedWords ??= Promise.resolve()
      .then(() => this.#options.speech.say([sentence('media-fault')]))
      .catch(() => {
        this.#movedWords = undefined
        return []
      }))
  }

  /** @param onFault called first when the flow ends by a fault in the program */
  #carry(call: CallContext, flow: Promise<CallEnd>, onFault?: () => void): Promise<void> {
    const over = flow
      .catch((fault: unknown) => {
        onFault?.()
        return this.#faulted(call, fault)
      })
      .then((end) => call.scope.close(end.ending, end.detail))
      .finally(() => this.#live.delete(call))
    this.#live.set(call, over)
    return over
  }

  /** A fault in the program ends one call, not the engine, and its caller is told. */
  async #faulted(call: CallContext, fault: unknown): Promise<CallEnd> {
    this.#options.onFault?.(call.id, fault)
    const { caller } = call.scope
    if (caller && !caller.ended)
      await within(call.clock, call.settings.releaseMs, sayAndRelease(call, caller, [sentence('technical-fault')]))
    return { ending: 'engineFault', detail: String(fault) }
  }
}

async function refuse(call: CallContext, incoming: IncomingCall, end: CallEnd): Promise<CallEnd> {
  call.scope.tell(arrival(incoming, call.owner))
  await incoming.reject(503, { headers: { 'Retry-After': end.ending === 'overloaded' ? '5' : '30' } })
  return end
}
