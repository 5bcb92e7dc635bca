import type { Clock } from '../../../src/clock/clock.js'
import type {
  Audio,
  Bridge,
  BridgeResult,
  DialOptions,
  HangUp,
  IncomingCall,
  Leg,
  ListenOptions,
  Moved,
  Reach,
  Recording,
  Switch,
  Target,
} from '../../../src/switch/port.js'

/** Legs of one process that another one has since: the first one's end does not end them. */
const adopted = new WeakSet<Leg>()

/**
 * The life of one process: while it runs its actions take effect, and it notices events outside. Frozen, it does and notices nothing until it wakes up; then it goes on where it was.
 * Once ended, its actions have no effect, and nothing reaches it.
 */
export class Life {
  #state: 'runs' | 'frozen' | 'over' = 'runs'
  readonly #waiting = new Set<() => void>()
  readonly #atEnd = new Set<() => void>()
  readonly #over = new AbortController()
  readonly #legs = new Map<Leg, Leg>()
  /** The process's handler of incoming calls; undefined: it takes none yet. */
  taking: ((call: IncomingCall) => Promise<void>) | undefined

  get runs(): boolean {
    return this.#state === 'runs'
  }

  get frozen(): boolean {
    return this.#state === 'frozen'
  }

  get over(): boolean {
    return this.#state === 'over'
  }

  /** Aborts with its end. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  freeze(): void {
    if (this.runs) this.#state = 'frozen'
  }

  wake(): void {
    if (!this.frozen) return
    this.#state = 'runs'
    for (const go of [...this.#waiting]) go()
  }

  end(): void {
    if (this.over) return
    this.#state = 'over'
    this.#waiting.clear()
    this.#over.abort()
    for (const tell of [...this.#atEnd]) tell()
    this.#atEnd.clear()
  }

  atEnd(tell: () => void): void {
    if (this.over) tell()
    else this.#atEnd.add(tell)
  }

  /** Runs it now, or on waking up, or never. */
  async act<T>(work: () => T | Promise<T>): Promise<T> {
    await this.#running()
    return this.notices(work())
  }

  /** The result of an outside operation, as this process learns it. */
  async notices<T>(outside: T | Promise<T>): Promise<T> {
    const result = await outside
    await this.#running()
    return result
  }

  clock(real: Clock): Clock {
    return {
      now: () => real.now(),
      monotonic: () => real.monotonic(),
      after: (delayMs, action) => {
        let cancelled = false
        const forget = real.after(delayMs, () => {
          void this.#running().then(() => {
            if (!cancelled) action()
          })
        })
        const cancel = (): void => {
          cancelled = true
          forget()
        }
        this.atEnd(cancel)
        return cancel
      },
    }
  }

  /** When it ends, the switch gives up ringing legs, and any that answer at that moment. */
  switch(world: Switch): Switch {
    return {
      onIncoming: (handler) => (this.taking = handler),
      onRegister: () => undefined,
      dial: async (target: Target, options: DialOptions) => {
        await this.#running()
        const dialling = world.dial(target, { ...options, signal: AbortSignal.any([options.signal, this.signal]) })
        void dialling.then((result) => {
          if (result.kind === 'answered' && this.over) void result.leg.close()
        })
        const result = await dialling
        if (result.kind !== 'answered') return this.notices(result)
        let taken = false
        this.atEnd(() => {
          if (!taken && !adopted.has(result.leg)) void result.leg.close()
        })
        await this.#running()
        taken = true
        return { ...result, leg: this.#leg(result.leg) }
      },
      bridge: async (a, b, options) => this.#bridged(await this.act(() => world.bridge(inner(a), inner(b), options))),
      adopt: async (handle, dialled, isOurs) => {
        const result = await this.act(() => world.adopt(handle, dialled, isOurs))
        if (result.kind !== 'adopted') return result
        adopted.add(result.leg)
        return { ...result, leg: this.#leg(result.leg) }
      },
      callOff: (handle) => this.act(() => world.callOff(handle)),
      reach: (handle): Reach => world.reach(handle),
      rejoin: (a, b) => this.#bridged(world.rejoin(inner(a), inner(b))),
      health: () => world.health(),
      hearsWords: () => world.hearsWords(),
      leaveNewCalls: () => world.leaveNewCalls(),
      onHealth: (listener) => world.onHealth(listener),
      close: () => Promise.resolve(),
    }
  }

  incoming(call: IncomingCall): IncomingCall {
    return {
      id: call.id,
      callerNumber: call.callerNumber,
      callerDisplayName: call.callerDisplayName,
      dialledNumber: call.dialledNumber,
      source: call.source,
      signal: call.signal,
      header: (name) => call.header(name),
      handle: call.handle,
      answer: async ({ when } = {}) => {
        const result = await this.act(() => call.answer({ when: this.notices(when) }))
        return result.kind === 'answered' ? { kind: 'answered', leg: this.#leg(result.leg) } : result
      },
      reject: (status, options) => this.act(() => call.reject(status, options)),
    }
  }

  /** Legs are compared by identity: each has one wrapper in a process. */
  #leg(leg: Leg): Leg {
    const seen = this.#legs.get(leg) ?? new LegInLife(this, leg)
    this.#legs.set(leg, seen)
    return seen
  }

  #bridged(result: BridgeResult): BridgeResult {
    if (result.kind === 'hungUp') return { kind: 'hungUp', leg: this.#leg(result.leg) }
    if (result.kind !== 'bridged') return result
    const { bridge } = result
    const seen: Bridge = {
      ended: this.notices(bridge.ended).then((end) => (end.kind === 'hungUp' ? { ...end, first: this.#leg(end.first) } : end)),
      unbridge: () => this.act(() => bridge.unbridge()),
    }
    return { ...result, bridge: seen }
  }

  /** Never settles once it has ended. */
  #running(): Promise<void> {
    if (this.runs) return Promise.resolve()
    return new Promise((resolve) => {
      if (this.over) return
      const go = (): void => {
        this.#waiting.delete(go)
        resolve()
      }
      this.#waiting.add(go)
    })
  }
}

class LegInLife implements Leg {
  readonly id: string
  readonly hungUp: Promise<HangUp>

  constructor(
    private readonly life: Life,
    readonly leg: Leg,
  ) {
    this.id = leg.id
    this.hungUp = life.notices(leg.hungUp)
  }

  get handle(): string {
    return this.leg.handle
  }

  outlive(): void {
    if (this.life.runs) this.leg.outlive()
  }

  get ended(): HangUp | undefined {
    return this.leg.ended
  }

  get afterMove(): readonly Audio[] {
    return this.leg.afterMove
  }

  set afterMove(words: readonly Audio[]) {
    if (this.life.runs) this.leg.afterMove = words
  }

  onMoved(listener: (moved: Moved) => void): () => void {
    return this.leg.onMoved((moved) => void this.life.act(() => listener(moved)))
  }

  play(audio: readonly Audio[], options?: { readonly signal?: AbortSignal; readonly loop?: boolean }) {
    return this.life.act(() => this.leg.play(audio, options))
  }

  listenFor(options: ListenOptions) {
    return this.life.act(() => this.leg.listenFor(options))
  }

  followVoice(): () => void {
    return this.life.runs ? this.leg.followVoice() : () => undefined
  }

  dropKeys(): void {
    if (this.life.runs) this.leg.dropKeys()
  }

  async record(path: string, options: { readonly signal: AbortSignal }) {
    const result = await this.life.act(() => this.leg.record(path, options))
    return result.kind === 'recording' ? { ...result, recording: this.#recording(result.recording) } : result
  }

  recordingOn(path: string): Recording {
    return this.#recording(this.leg.recordingOn(path))
  }

  close(): Promise<void> {
    return this.life.act(() => this.leg.close())
  }

  #recording(recording: Recording): Recording {
    return { path: recording.path, startedAt: recording.startedAt, stop: () => this.life.act(() => recording.stop()) }
  }
}

function inner(leg: Leg): Leg {
  return leg instanceof LegInLife ? leg.leg : leg
}
