import type {
  AdoptResult,
  Bridge,
  BridgeEnd,
  BridgeResult,
  DialledBefore,
  DialOptions,
  DialResult,
  IncomingCall,
  Leg,
  Reach,
  Registration,
  Switch,
  SwitchHealth,
  Target,
} from '../port.js'
import { refusalStatus, type Refusal } from './temperament.js'
import { VirtualCaller, type Arrival } from './virtual-caller.js'
import { VirtualLeg } from './virtual-leg.js'
import { VirtualPhone } from './virtual-phone.js'
import { Settlement, World, type WorldOptions } from './world.js'

/**
 * The port's twin: a telephone world in memory and in virtual time. It keeps the rules of the port exactly, counts what is open,
 * records what really happened (`world.trace`), and is slow or fails on request.
 */
export class VirtualSwitch implements Switch {
  readonly world: World
  readonly phones = new Map<string, VirtualPhone>()
  readonly callers: VirtualCaller[] = []
  readonly #legs = new Set<VirtualLeg>()
  /** Legs by the handles known before they answered. */
  readonly #untold = new Map<string, VirtualLeg>()
  readonly #bridges = new Set<{ readonly legs: readonly VirtualLeg[]; readonly bridge: Bridge }>()
  #handler: ((call: IncomingCall) => Promise<void>) | undefined
  #registrar: ((registration: Registration) => Promise<void>) | undefined
  #closed = false

  constructor(options: WorldOptions) {
    this.world = new World(options)
  }

  /** Puts a telephone into the world, or changes its owner's temperament. */
  phone(number: string, temperament?: VirtualPhone['temperament']): VirtualPhone {
    const phone = this.phones.get(number) ?? new VirtualPhone(number)
    this.phones.set(number, phone)
    if (temperament) phone.temperament = temperament
    return phone
  }

  /** A caller rings us. */
  arrive(arrival: Arrival): VirtualCaller {
    const caller = new VirtualCaller(this.world, arrival)
    this.callers.push(caller)
    if (this.#closed || !this.#handler) {
      void caller.incoming.reject(503)
      return caller
    }
    void this.#handler(caller.incoming).then(
      () => this.#unlessHandled(caller),
      (fault: unknown) => {
        this.world.tell({ what: 'misuse', detail: `the handler of ${caller.incoming.id} rejected: ${String(fault)}` })
        this.#unlessHandled(caller)
      },
    )
    return caller
  }

  /** A device registers. */
  register(registration: Registration): Promise<void> {
    return this.#registrar?.(registration) ?? registration.respond(503)
  }

  onIncoming(handler: (call: IncomingCall) => Promise<void>): void {
    this.#handler = handler
  }

  onRegister(handler: (registration: Registration) => Promise<void>): void {
    this.#registrar = handler
  }

  dial(target: Target, options: DialOptions): Promise<DialResult> {
    const world = this.world
    const number = nameOf(target)
    if (options.signal.aborted) return Promise.resolve({ kind: 'cancelled' })
    const dial = world.serial()
    const startedAt = world.clock.monotonic()
    world.tell({ what: 'dialled', dial, number, from: options.from, ringMs: options.ringMs })
    const handle = `dial-${dial}`
    options.onSent?.({ sipCallId: handle, handle })
    const done = new Settlement<DialResult>()
    const closed = world.opened('dials')
    const phone = this.phones.get(number)
    let cancelRinging = (): void => undefined
    const settle = (result: DialResult): void => {
      if (!done.settle(result)) return
      offAbort()
      cancelTimeout()
      world.tell({ what: 'dialSettled', dial, number, result: result.kind })
    }
    const giveUp = (result: DialResult): void => {
      if (done.settled) return
      settle(result)
      // The CANCEL is on its way; until it is there, the telephone rings, and a 200 that crosses it is acknowledged and released here.
      later(world.oneWayMs, () => {
        cancelRinging()
        closed()
      })
    }
    const later = (ms: number, action: () => void): (() => void) => {
      if (ms > 0) return world.clock.after(ms, action)
      action()
      return () => undefined
    }
    const refuse = (how: Refusal, status: number): void =>
      void later(world.oneWayMs, () => {
        closed()
        if (how === 'failed') settle({ kind: 'failed', fault: 'farEnd', status, reason: 'refused' })
        else settle({ kind: how, status, reason: 'refused' })
      })
    const cancelTimeout = world.clock.after(options.ringMs, () => giveUp({ kind: 'noAnswer', rangMs: world.clock.monotonic() - startedAt }))
    const offAbort = world.onAbort(options.signal, () => giveUp({ kind: 'cancelled' }))

    const fault = world.fault('dial')
    if (fault?.kind === 'fails') {
      const cancelFault = later(fault.afterMs, () => {
        closed()
        settle({ kind: 'failed', fault: 'trunk', status: 503, reason: 'a fault was asked for' })
      })
      cancelRinging = cancelFault
      return done.promise
    }
    later(world.oneWayMs, () => {
      if (done.settled) return
      if (!phone) return target.kind === 'device' || target.kind === 'browser' ? refuse('unavailable', 480) : refuse('badNumber', 404)
      if (phone.ringing || phone.leg) return refuse('busy', 486)
      const nth = ++phone.rung
      const temperament = phone.temperament(nth)
      let cancelAct = (): void => undefined
      let ringingNow = true
      const stopRinging = (): boolean => {
        if (!ringingNow) return false
        ringingNow = false
        cancelAct()
        phone.ringing = undefined
        world.tell({ what: 'phoneStops', dial, number })
        return true
      }
      cancelRinging = () => void stopRinging()
      phone.ringing = {
        answer: () => {
          if (!stopRinging()) return
          cancelRinging = () => undefined
          const then = temperament.kind === 'answers' ? temperament.then : []
          this.#answered({ phone, handle, then, options, startedAt, done, settle, closed })
        },
        refuse: (how) => {
          if (stopRinging()) refuse(how, refusalStatus[how])
        },
      }
      world.tell({ what: 'phoneRings', dial, number })
      later(world.oneWayMs, () => {
        if (!done.settled) options.onRinging?.()
      })
      if (temperament.kind === 'answers') cancelAct = world.clock.after(temperament.afterMs, () => phone.ringing?.answer())
      if (temperament.kind === 'refuses') cancelAct = world.clock.after(temperament.afterMs, () => phone.ringing?.refuse(temperament.how))
    })
    return done.promise
  }

  /** The 200 is on its way, then media are set up. A flow that gave up meanwhile never sees the leg. */
  #answered(ring: {
    readonly phone: VirtualPhone
    readonly handle: string
    readonly then: Parameters<VirtualLeg['act']>[0]
    readonly options: DialOptions
    readonly startedAt: number
    readonly done: Settlement<DialResult>
    readonly settle: (result: DialResult) => void
    readonly closed: () => void
  }): void {
    const { world } = this
    const { phone, done } = ring
    // The telephone is engaged from the moment at which its owner picks up.
    const engaged = { answer: () => undefined, refuse: () => undefined }
    phone.ringing = engaged
    void world.clock.after(world.oneWayMs + world.latencyMs('dial'), () => {
      phone.ringing = undefined
      ring.closed()
      if (done.settled) return
      const leg = new VirtualLeg({
        world,
        party: 'called',
        number: phone.number,
        onDown: () => {
          this.#legs.delete(leg)
          this.#untold.delete(ring.handle)
          if (phone.leg === leg) phone.leg = undefined
        },
      })
      this.#legs.add(leg)
      phone.leg = leg
      this.#untold.set(ring.handle, leg)
      phone.legs.push(leg)
      ring.settle({ kind: 'answered', leg, at: world.clock.now(), rangMs: world.clock.monotonic() - ring.startedAt })
      leg.act(ring.then)
    })
  }

  async bridge(a: Leg, b: Leg, options: { readonly signal: AbortSignal }): Promise<BridgeResult> {
    const world = this.world
    if (!(a instanceof VirtualLeg) || !(b instanceof VirtualLeg)) throw new Error('legs of another switch')
    const bridge = world.serial()
    const legs = [a.id, b.id] as const
    world.tell({ what: 'bridgeAsked', bridge, legs })
    const fault = world.fault('bridge')
    const waitMs = fault?.kind === 'fails' ? fault.afterMs : world.latencyMs('bridge')
    if (waitMs > 0) await new Promise<void>((resolve) => void world.clock.after(waitMs, resolve))
    await Promise.all([a.settled(), b.settled()])
    if (a.ended) return { kind: 'hungUp', leg: a }
    if (b.ended) return { kind: 'hungUp', leg: b }
    if (options.signal.aborted) return { kind: 'cancelled' }
    if (fault?.kind === 'fails') return { kind: 'failed', why: 'a fault was asked for' }
    if (a.isBridged || b.isBridged) {
      world.tell({ what: 'misuse', detail: `${a.id} or ${b.id} is bridged already` })
      return { kind: 'failed', why: 'bridged already' }
    }
    const ended = new Settlement<BridgeEnd>()
    const closed = world.opened('bridges')
    let parted = false
    const part = (): void => {
      if (parted) return
      parted = true
      cancelBreak()
      leaveA()
      leaveB()
      closed()
      world.tell({ what: 'apart', bridge, legs })
    }
    const apart = (end: BridgeEnd): void => {
      if (ended.settle(end)) part()
    }
    const lost = (): void => {
      const lostAt = world.clock.monotonic()
      part()
      void Promise.all([a.settled(), b.settled()]).then(() => {
        const first = a.ended ? a : b
        apart(first.ended ? { kind: 'hungUp', first, hangUp: first.ended } : { kind: 'moved', apartMs: world.clock.monotonic() - lostAt })
      })
    }
    const leaveA = a.joined((hangUp) => apart({ kind: 'hungUp', first: a, hangUp }), lost)
    const leaveB = b.joined((hangUp) => apart({ kind: 'hungUp', first: b, hangUp }), lost)
    const cancelBreak =
      fault?.kind === 'breaks'
        ? world.clock.after(fault.afterMs, () => apart({ kind: 'faulted', why: 'a fault was asked for' }))
        : () => undefined
    world.tell({ what: 'bridged', bridge, legs })
    const result: Bridge = {
      ended: ended.promise,
      unbridge: () => {
        apart({ kind: 'unbridged' })
        return Promise.resolve()
      },
    }
    const standing = { legs: [a, b], bridge: result }
    this.#bridges.add(standing)
    void ended.promise.then(() => this.#bridges.delete(standing))
    return { kind: 'bridged', bridge: result, at: world.clock.now() }
  }

  async adopt(handle: string, _dialled?: DialledBefore, isOurs?: () => Promise<boolean>): Promise<AdoptResult> {
    const caller = this.callers.find(({ incoming }) => incoming.handle === handle)
    if (caller?.leg && isOurs && !(await isOurs())) return { kind: 'gone', why: 'the call came again, to another engine' }
    const leg = this.#untold.get(handle) ?? caller?.leg ?? this.#up().find(({ id }) => id === handle.split('/')[0])
    leg?.orphaned()
    await leg?.settled()
    if (leg === undefined || leg.ended) return { kind: 'gone', why: 'the party has hung up' }
    // Its media server died when no engine was there to notice.
    return leg.handle === handle ? { kind: 'adopted', leg } : { kind: 'adopted', leg, moved: true }
  }

  /**
   * A media server dies: all legs that are up hear nothing for a while, until they have been moved to another one.
   * @param refuses which of them refuse to be moved
   */
  loseMedia({ forMs, refuses }: { readonly forMs: number; readonly refuses?: (leg: VirtualLeg) => boolean }): void {
    for (const leg of this.#up()) leg.loseMedia({ forMs, refuses: refuses?.(leg) ?? false })
  }

  #up(): readonly VirtualLeg[] {
    return [...this.#legs, ...this.callers.flatMap((caller) => caller.leg ?? [])].filter(({ ended }) => ended === undefined)
  }

  /** Telephones rung by an engine that died stop ringing with it. */
  callOff(): Promise<void> {
    return Promise.resolve()
  }

  reach(): Reach {
    return 'there'
  }

  rejoin(a: Leg, b: Leg): BridgeResult {
    if (a.ended) return { kind: 'hungUp', leg: a }
    if (b.ended) return { kind: 'hungUp', leg: b }
    const standing = [...this.#bridges].find(({ legs }) => legs.every((leg) => leg === a || leg === b))
    return standing
      ? { kind: 'bridged', bridge: standing.bridge, at: this.world.clock.now() }
      : { kind: 'failed', why: 'the two do not hear each other' }
  }

  health(): SwitchHealth {
    return {
      ready: !this.#closed,
      signalling: { up: !this.#closed, detail: 'virtual' },
      media: { up: !this.#closed, detail: 'virtual' },
      legs: this.world.open.legs,
    }
  }

  /** There is no other engine. */
  leaveNewCalls(): Promise<void> {
    return Promise.resolve()
  }

  hearsWords(): boolean {
    return this.world.hearsWords && !this.#closed
  }

  onHealth(): () => void {
    return () => undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#up().map((leg) => leg.close()))
  }

  #unlessHandled(caller: VirtualCaller): void {
    if (caller.leg === undefined && !caller.isOver) void caller.incoming.reject(500)
  }
}

/** The name of a telephone in the world. A device that is not in it is not registered now. */
function nameOf(target: Target): string {
  switch (target.kind) {
    case 'number':
      return target.number
    case 'uri':
      return target.uri
    case 'device':
      return `device:${target.user}`
    case 'browser':
      return `browser:${target.clinician}`
  }
}
