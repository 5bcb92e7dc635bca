import type { AlarmAbout } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import { Cast, type Actor } from '../facts/actor.js'
import type { AttemptId, CallEnding, CallEvent, CallFact, EventLog, Party } from '../facts/events.js'
import type { Audio, HangUp, Leg } from '../switch/port.js'
import { handleOf } from './leg-handle.js'
import { over } from './stop.js'
import { within } from './within.js'

interface OwnedLeg {
  readonly leg: Leg
  readonly party: Party
  readonly gone: AbortController
  closing: Promise<void> | undefined
}

export interface CallScopeOptions {
  readonly callId: string
  readonly log: EventLog
  readonly clock: Clock
  /** Who begins the call, if more is known than that a caller rings. */
  readonly caller?: Actor
  /** What has been told of the call so far, by an engine that died. Default: nothing, it begins. */
  readonly before?: readonly CallEvent[]
  /** What a party hears first after its media server died. Default: nothing. */
  readonly wordsAfterMove?: () => Promise<readonly Audio[]>
  /** Bounds, ms: see `FlowSettings`. */
  readonly durableMs: number
  readonly releaseMs: number
}

/**
 * A call is a scope: every leg that is opened for it is owned here, everything else hangs on those legs' signals, and `close` is the one
 * place where all of it ends. Facts are told here too, in order; the last of them is `call.ended`, exactly once.
 */
export class CallScope {
  readonly #options: CallScopeOptions
  readonly #legs = new Map<Leg, OwnedLeg>()
  /** What was rung to reach a leg, as facts have it: by attempt, then by leg. */
  readonly #rung = new Map<string, string>()
  readonly #alongside: Promise<unknown>[] = []
  readonly #stopping = new AbortController()
  readonly #cast: Cast
  #attempts = 0
  #begun = false
  #closed = false
  #over = false
  #organisation: string | undefined
  #line: string | undefined

  constructor(options: CallScopeOptions) {
    this.#options = options
    this.#cast = new Cast(options.caller)
    const { before = [] } = options
    for (const event of before) {
      this.#cast.actorOf(event)
      this.#seen(event)
    }
    this.#begun = before.length > 0
    this.#attempts = before.filter(({ type }) => type === 'attempt.started').length
  }

  get callId(): string {
    return this.#options.callId
  }

  /** The engine wants this call to end now. */
  get stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Aborts when the engine wants this call to end now. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** The line chosen and the organisation that called, as far as known by now. */
  about(): readonly AlarmAbout[] {
    return [
      ...(this.#line === undefined ? [] : [{ line: this.#line }]),
      ...(this.#organisation === undefined ? [] : [{ organisation: this.#organisation }]),
    ]
  }

  #seen(fact: CallFact): void {
    if (fact.type === 'line.chosen') this.#line = fact.line
    else if (fact.type === 'call.arrived') this.#organisation = fact.organisation
    else if (fact.type === 'attempt.started') this.#rung.set(fact.attempt, fact.target)
    else if (fact.type === 'attempt.answered') this.#reached(fact.legId, fact.attempt)
    else if (fact.type === 'leg.returned') this.#reached(fact.legId, fact.before)
  }

  /** The name of one more ringing in this call. */
  nextAttempt(): AttemptId {
    return `${this.callId}-${++this.#attempts}`
  }

  /** Something of this call has been told: the first is its arrival. */
  get begun(): boolean {
    return this.#begun
  }

  /** Appends a fact; the flow does not wait for the disk. */
  tell(fact: CallFact): void {
    void this.keep(fact)
  }

  /**
   * Appends a fact that must be on disk before the next step.
   * @param actor who did it, if the facts of the call do not say
   * @returns whether the log confirmed it in time. Never rejects. Nothing is added after the end of the call.
   */
  async keep(fact: CallFact, actor?: Actor): Promise<boolean> {
    if (this.#over && fact.type !== 'call.ended') return false
    this.#begun = true
    this.#seen(fact)
    const { log, clock, durableMs, callId } = this.#options
    try {
      const known = this.#cast.actorOf(fact)
      const kept = (await within(clock, durableMs, log.append(callId, fact, actor ?? known))) !== undefined
      if (kept && 'legId' in fact && 'handle' in fact) this.legs.find(({ id }) => id === fact.legId)?.outlive()
      return kept
    } catch {
      return false
    }
  }

  /**
   * Adds a leg to the call: it is closed with the call at the latest, and its end is a fact.
   * @returns aborts as soon as the party has gone, for whatever reason
   */
  own(leg: Leg, party: Party): AbortSignal {
    const gone = new AbortController()
    this.#legs.set(leg, { leg, party, gone, closing: undefined })
    leg.onMoved(({ silentMs }) => this.tell({ type: 'leg.moved', legId: leg.id, party, silentMs: Math.round(silentMs), ...handleOf(leg) }))
    this.#options.wordsAfterMove?.().then(
      (words) => (leg.afterMove = words),
      () => undefined,
    )
    void leg.hungUp.then((hangUp: HangUp) => {
      // A leg that could not be released in time ends untold.
      this.tell({ type: 'leg.ended', legId: leg.id, party, hangUp })
      gone.abort(over)
    })
    if (this.stopped) void this.release(leg)
    return gone.signal
  }

  /** Every leg that was ever this call's. */
  get legs(): readonly Leg[] {
    return [...this.#legs.keys()]
  }

  /** Aborts as soon as the party of this leg has gone. */
  gone(leg: Leg): AbortSignal {
    return this.#owned(leg).gone.signal
  }

  /** What this leg's party is in this call. */
  partyOf(leg: Leg): Party {
    return this.#owned(leg).party
  }

  /** What was rung to reach this leg, as facts have it; undefined: it rang in. */
  targetOf(leg: Leg): string | undefined {
    return this.#rung.get(leg.id)
  }

  /** A party goes on by another leg: it is theirs from now on, and the one before is released. @returns aborts as soon as they have gone */
  replace(leg: Leg, fresh: Leg): AbortSignal {
    const { party } = this.#owned(leg)
    this.tell({ type: 'leg.returned', legId: fresh.id, before: leg.id, party, ...(fresh.handle === '' ? {} : { handle: fresh.handle }) })
    const gone = this.own(fresh, party)
    void this.release(leg)
    return gone
  }

  #reached(legId: string, by: string): void {
    const target = this.#rung.get(by)
    if (target !== undefined) this.#rung.set(legId, target)
  }

  /** Ends a leg, within a bound. May be called twice, and after the party has gone. */
  release(leg: Leg): Promise<void> {
    const owned = this.#legs.get(leg)
    if (!owned) return Promise.resolve()
    return (owned.closing ??= within(this.#options.clock, this.#options.releaseMs, leg.close()).then(() => undefined))
  }

  /** Work beside the flow (a specialist is told something, a recording is closed). The call ends only after it. */
  alongside(work: Promise<unknown>): void {
    this.#alongside.push(within(this.#options.clock, this.#options.releaseMs, work))
  }

  /** The caller's leg, once it is answered; of several (a placed call rings one telephone of theirs after the other) the last. */
  get caller(): Leg | undefined {
    return [...this.#legs.values()].findLast(({ party }) => party === 'caller')?.leg
  }

  /** Releases every leg; the flow notices. */
  stop(): void {
    this.#stopping.abort(over)
    for (const { leg } of this.#legs.values()) void this.release(leg)
  }

  #owned(leg: Leg): OwnedLeg {
    const owned = this.#legs.get(leg)
    if (!owned) throw new Error(`leg ${leg.id} is not of this call`)
    return owned
  }

  /** Ends the call: waits for the work beside it, releases every leg, and appends the end. */
  async close(ending: CallEnding, detail?: string): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all(this.#alongside)
    await Promise.all([...this.#legs.keys()].map((leg) => this.release(leg)))
    this.#over = true
    await this.keep({ type: 'call.ended', ending, ...(detail === undefined ? {} : { detail }) })
  }
}
