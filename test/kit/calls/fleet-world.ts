import { Desk } from '../../../src/calls/desk.js'
import { flowDefaults } from '../../../src/calls/flow-settings.js'
import { VirtualClock } from '../../../src/clock/virtual-clock.js'
import { VirtualRecordings } from '../../../src/demo/virtual-recordings.js'
import { spokenMs, VirtualSpeech } from '../../../src/demo/virtual-speech.js'
import { TakingOver } from '../../../src/engine/taking-over.js'
import { engine, type Actor } from '../../../src/facts/actor.js'
import { callRecord } from '../../../src/facts/call-record.js'
import { carrierOf } from '../../../src/facts/carrier.js'
import type { CallEvent, CallFact, EventLog } from '../../../src/facts/events.js'
import type { EngineGone, EngineRun, Presence } from '../../../src/fleet/presence.js'
import { LocalReservations, type Reservation, type Reservations } from '../../../src/shared/reservations.js'
import { closingFacts } from '../../../src/store/interrupted.js'
import type { LeftCall } from '../../../src/store/left-calls.js'
import type { IncomingCall } from '../../../src/switch/port.js'
import { VirtualSwitch } from '../../../src/switch/virtual/virtual-switch.js'
import { mondayMorning, outbound } from './call-world.js'
import { Life } from './engine-life.js'
import { smallDirectory, type SmallDirectory } from './small-directory.js'

/** After this long without a sign of life another engine ends a run (`fleetTimes`), ms. */
const leaseMs = 2_000
/** Reservations of an engine that is gone end with their lease, ms. */
const reservedMs = 4_000

export interface FleetWorldOptions {
  readonly directory: SmallDirectory
  readonly oneWayMs: number
  readonly latencyMs: number
  /** How long the database takes for each question and claim, ms. */
  readonly databaseMs: () => number
  /** A planted fault: the database gives a call to every engine that claims it, or refuses no run. */
  readonly planted?: 'givenToAll' | 'noFence'
}

/** One run of an engine of the world. */
interface Run extends EngineRun {
  readonly life: Life
  readonly desk: Desk
  /** The database refuses what it writes. */
  fenced: boolean
  /** When its signs of life stopped, monotonic ms; undefined: it gives them. */
  silentSince: number | undefined
  readonly hearsGone: Set<(gone: EngineGone) => void>
}

/**
 * Several engines on one virtual telephone world and one store, in virtual time. What is real: desk, flows, and who takes over what (`TakingOver`). What stands for something else: the processes (`Life`), the
 * signs of life, and the database, which refuses a run that is over and gives each call to the first engine that claims it.
 */
export class FleetWorld {
  readonly clock = new VirtualClock(mondayMorning)
  readonly telephone: VirtualSwitch
  readonly recordings = new VirtualRecordings()
  readonly told: CallEvent[] = []
  readonly owners = new Map<string, string>()
  /** Runs that appended a fact to a call that was not theirs. */
  readonly trespasses: string[] = []
  readonly faults: unknown[] = []
  readonly log: string[] = []
  readonly #runs: Run[] = []
  readonly #reservations = new LocalReservations()
  readonly #directory
  #next = 0
  #calls = 0
  /** Facts not yet in the database. */
  #onTheirWay = 0
  /** Callers without an engine. */
  readonly #waiting = new Set<IncomingCall>()
  /** The engine of each caller neither answered nor refused. */
  readonly #unanswered = new Map<IncomingCall, Run>()

  constructor(private readonly options: FleetWorldOptions) {
    this.telephone = new VirtualSwitch({
      durationMs: spokenMs,
      clock: this.clock,
      oneWayMs: options.oneWayMs,
      latencyMs: () => options.latencyMs,
    })
    this.#directory = smallDirectory(options.directory)
    this.telephone.onIncoming((incoming) => this.#take(incoming))
  }

  /** Whether a process with this name runs. */
  has(name: string): boolean {
    return this.#runs.some((run) => run.name === name && !run.life.over)
  }

  /** Starts an engine. A run of its name that is there must be over. */
  start(name: string): void {
    for (const run of this.#runs) if (run.name === name) this.#end(run, 'replaced')
    const life = new Life()
    const incarnation = `${name}-${this.#runs.length + 1}`
    const clock = life.clock(this.clock)
    const hearsGone = new Set<(gone: EngineGone) => void>()
    const presence: Pick<Presence, 'self' | 'onGone' | 'lost' | 'whenCertain'> = {
      self: { name, incarnation },
      onGone: (listener) => {
        hearsGone.add(listener)
        return () => hearsGone.delete(listener)
      },
      get lost() {
        return run.fenced
      },
      whenCertain: () => Promise.resolve(!run.fenced),
    }
    const desk = new Desk({
      switch: life.switch(this.telephone),
      directory: () => this.#directory,
      speech: new VirtualSpeech(),
      log: this.#logOf(() => run),
      recordings: this.recordings,
      reservations: this.#reservationsOf(life),
      clock,
      settings: { ...flowDefaults, outbound },
      cameAgain: async ({ callId, sipCallId }) => {
        await this.#database(run)
        return this.#cameAgain(callId, sipCallId)
      },
      onFault: (_callId, fault) => this.faults.push(fault),
      newCallId: () => `call${++this.#calls}`,
    })
    const run: Run = { name, incarnation, life, desk, fenced: false, silentSince: undefined, hearsGone }
    this.#runs.push(run)
    const say = (_about: unknown, text: string) => this.log.push(`${this.clock.monotonic()} ${incarnation}: ${text}`)
    const takingOver = new TakingOver({
      left: { open: () => this.#open(run), claim: (left) => this.#claim(run, left), close: (left) => this.#close(run, left) },
      desk,
      telephone: this.telephone,
      recordings: { takeUp: () => Promise.resolve(), recover: () => Promise.resolve({ queued: 0, orphans: [] }) },
      presence,
      others: true,
      clock,
      log: { warn: say, error: (about: { readonly err: unknown }) => this.faults.push(about.err) } as never,
    })
    void life.notices(takingOver.look()).then(() => {
      desk.open()
      for (const incoming of [...this.#waiting]) void this.#take(incoming)
    })
    // An engine that checks must have seen another silent for a whole lease.
    this.#watch()
  }

  kill(name: string): void {
    const run = this.#running(name)
    if (!run) return
    this.#silent(run)
    run.life.end()
    this.#leaveCallers(run)
  }

  freeze(name: string): void {
    const run = this.#running(name)
    if (!run) return
    this.#silent(run)
    run.life.freeze()
  }

  /** An engine whose run was ended meanwhile finds out, and ends silently. */
  wake(name: string): void {
    const run = this.#runs.find((one) => one.name === name && one.life.frozen)
    if (!run) return
    if (run.fenced && this.options.planted !== 'noFence') {
      run.life.end()
      this.#leaveCallers(run)
      return
    }
    run.silentSince = undefined
    run.life.wake()
    this.#watch()
    for (const incoming of [...this.#waiting]) void this.#take(incoming)
  }

  /** The facts of each call, in order. */
  calls(): ReadonlyMap<string, readonly CallEvent[]> {
    const calls = new Map<string, CallEvent[]>()
    for (const event of this.told) calls.set(event.callId, [...(calls.get(event.callId) ?? []), event])
    return calls
  }

  get unended(): number {
    return (
      [...this.calls().values()].filter((events) => !events.some(({ type }) => type === 'call.ended')).length +
      this.#waiting.size +
      this.#onTheirWay
    )
  }

  #running(name: string): Run | undefined {
    return this.#runs.find((one) => one.name === name && one.life.runs)
  }

  #silent(run: Run): void {
    run.silentSince = this.clock.monotonic()
    this.#watch()
  }

  /** After a lease an engine that was up all the time ends the runs that were silent all the time. */
  #watch(): void {
    const since = this.clock.monotonic()
    const watchers = this.#runs.filter(({ life }) => life.runs)
    this.clock.after(leaseMs, () => {
      if (!watchers.some(({ life, silentSince, fenced }) => life.runs && silentSince === undefined && !fenced)) return
      for (const run of this.#runs) if (run.silentSince !== undefined && run.silentSince <= since) this.#end(run, 'lapsed')
    })
  }

  #end(run: Run, how: EngineGone['how']): void {
    if (run.fenced) return
    run.fenced = true
    for (const other of this.#runs) {
      if (other === run) continue
      const gone = { name: run.name, incarnation: run.incarnation, how, at: this.clock.now() }
      for (const hear of other.hearsGone) void other.life.act(() => hear(gone))
    }
  }

  /** Hands a call to the next engine that takes calls. Settles when that one is done with it: never, if it dies first. */
  async #take(incoming: IncomingCall): Promise<void> {
    this.#waiting.delete(incoming)
    if (incoming.signal.aborted) return
    const able = this.#runs.filter(({ life, fenced }) => life.runs && life.taking && !fenced)
    const run = able[this.#next++ % Math.max(1, able.length)]
    if (!run?.life.taking) {
      // The switch holds it until there is an engine.
      this.#waiting.add(incoming)
      incoming.signal.addEventListener('abort', () => this.#waiting.delete(incoming), { once: true })
      return new Promise(() => undefined)
    }
    const seen = run.life.incoming(incoming)
    this.#unanswered.set(incoming, run)
    const done = <T>(work: Promise<T>): Promise<T> => work.finally(() => this.#unanswered.delete(incoming))
    await run.life.notices(
      run.life.taking({
        ...seen,
        answer: (options) => done(seen.answer(options)),
        reject: (status, options) => done(seen.reject(status, options)),
      }),
    )
    this.#unanswered.delete(incoming)
  }

  /** Callers whom an ended engine has not answered go to another one. */
  #leaveCallers(run: Run): void {
    for (const [incoming, whose] of [...this.#unanswered]) {
      if (whose !== run) continue
      this.#unanswered.delete(incoming)
      const caller = this.telephone.callers.find((one) => one.incoming === incoming)
      // It was just answered by an engine that has gone: its facts have its handle.
      if (caller?.leg) continue
      caller?.handedOn()
      void this.#take(incoming)
    }
  }

  #logOf(run: () => Run): EventLog {
    return {
      append: async (callId, fact, actor = engine) => {
        // Facts not yet in the database are lost with it. A frozen engine has sent them.
        this.#onTheirWay++
        await new Promise<void>((resolve) => void this.clock.after(this.options.databaseMs(), resolve))
        this.#onTheirWay--
        return this.#append(run(), callId, fact, actor)
      },
      subscribe: () => () => undefined,
    }
  }

  /** Like the database: a run that is over writes nothing. @returns undefined if refused */
  #append(run: Run, callId: string, fact: CallFact, actor: Actor): CallEvent | undefined {
    if ((run.fenced && this.options.planted !== 'noFence') || run.life.over) return undefined
    if (fact.type === 'call.arrived') this.owners.set(callId, run.incarnation)
    if (this.owners.get(callId) !== run.incarnation)
      this.trespasses.push(`${run.incarnation} told ${fact.type} of ${callId}, which is ${this.owners.get(callId) ?? 'nobody'}'s`)
    const event: CallEvent = {
      callId,
      seq: this.told.filter((one) => one.callId === callId).length + 1,
      at: this.clock.now(),
      actor,
      node: run.name,
      ...fact,
    }
    this.told.push(event)
    return event
  }

  /** Takes the database's time. */
  #database(run: Run): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(this.options.databaseMs(), () => {
        if (!run.life.over) resolve()
      })
    })
  }

  async #open(run: Run): Promise<readonly LeftCall[]> {
    await this.#database(run)
    const over = new Set(this.#runs.filter(({ fenced }) => fenced).map(({ incarnation }) => incarnation))
    const left: LeftCall[] = []
    for (const [callId, events] of this.calls()) {
      const owner = this.owners.get(callId) ?? null
      if (owner !== null && over.has(owner) && !events.some(({ type }) => type === 'call.ended'))
        left.push({ callId, owner, node: carrierOf(events) ?? '', aliveAt: undefined, events })
    }
    return run.life.notices(left)
  }

  /** A sent request is carried out, whatever becomes of its sender. */
  async #claim(run: Run, left: readonly LeftCall[]): Promise<readonly LeftCall[]> {
    await this.#database(run)
    if (run.fenced) throw new Error('this run is over')
    const claimed = left.filter(({ callId, owner }) => this.owners.get(callId) === owner || this.options.planted === 'givenToAll')
    for (const { callId } of claimed) this.owners.set(callId, run.incarnation)
    return run.life.notices(claimed)
  }

  #cameAgain(callId: string, sipCallId: string | undefined): boolean {
    return this.told.some(
      (event) => event.type === 'call.arrived' && sipCallId !== undefined && event.callId !== callId && event.sipCallId === sipCallId,
    )
  }

  async #close(run: Run, left: readonly LeftCall[]): Promise<void> {
    for (const { callId, events } of left) {
      const record = callRecord(events)
      const cameAgain = record?.answeredAt === undefined && this.#cameAgain(callId, record?.sipCallId)
      for (const fact of record ? closingFacts(record, { cameAgain }) : []) this.#append(run, callId, fact, engine)
    }
    await this.#database(run)
  }

  /** They end with their lease once their engine is gone. */
  #reservationsOf(life: Life): Reservations {
    return {
      reserve: async (keys, holder, how) => {
        const result = await life.act(() => this.#reservations.reserve(keys, holder, how))
        if (result.kind === 'taken') return result
        const { reservation } = result
        life.atEnd(() => void this.clock.after(reservedMs, () => reservation.release()))
        const seen: Reservation = {
          onACall: () => (life.runs ? reservation.onACall() : undefined),
          release: () => (life.runs ? reservation.release() : undefined),
        }
        return { kind: result.kind, reservation: seen }
      },
      freed: (anyOf, signal) => life.act(() => this.#reservations.freed(anyOf, AbortSignal.any([signal, life.signal]))),
    }
  }
}
