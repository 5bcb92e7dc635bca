import type { AcceptanceProof, AttemptId, Party } from '../facts/events.js'
import type { Bridge, BridgeEnd, Leg, LegEnding } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { holdClinician } from './hold-clinician.js'
import { Recorder } from './recorder.js'
import type { Change, OpenTalk } from './returns.js'
import { say, sentence, spoken } from './saying.js'

/** The two parties of a talk. */
export interface Parties {
  readonly caller: Leg
  /** The specialist, or another called party. */
  readonly other: Leg
}

export type ConnectResult =
  | { readonly kind: 'talking'; readonly bridge: Bridge }
  | { readonly kind: 'callerGone' }
  | { readonly kind: 'otherGone' }
  /** `why` for the record. Both are still on the line, apart. */
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Acceptance, then the bridge, in this order and no other: only what the log has on disk lets two people hear each other.
 * Recording begins with the bridge (or goes on, where it runs from the answer).
 */
export async function connect(
  call: CallContext,
  parties: Parties,
  acceptance: { readonly attempt: AttemptId; readonly proof: AcceptanceProof },
  recorder: Recorder,
): Promise<ConnectResult> {
  recorder.prepare()
  const stored = await call.scope.keep({ type: 'attempt.accepted', ...acceptance })
  if (!stored && !parties.caller.ended && !parties.other.ended) return { kind: 'failed', why: 'the acceptance could not be stored' }
  return join(call, parties, acceptance.attempt, recorder)
}

/** The bridge alone, for parties that need not accept (a patient, a practice): the caller asked for them. */
export async function join(call: CallContext, parties: Parties, attempt: AttemptId, recorder: Recorder): Promise<ConnectResult> {
  const { caller, other } = parties
  const { scope } = call
  if (caller.ended) return { kind: 'callerGone' }
  if (other.ended) return { kind: 'otherGone' }
  recorder.prepare()
  const result = await call.switch.bridge(caller, other, { signal: scope.gone(caller) })
  switch (result.kind) {
    case 'bridged':
      scope.tell({ type: 'talk.started', attempt })
      void recorder.start(caller)
      return { kind: 'talking', bridge: result.bridge }
    case 'hungUp':
      return result.leg === caller ? { kind: 'callerGone' } : { kind: 'otherGone' }
    case 'cancelled':
      return { kind: 'callerGone' }
    case 'failed':
      return { kind: 'failed', why: result.why }
  }
}

/** How the talk ended. */
export interface TalkEnd {
  readonly by: Party | 'system'
  /** `hangup` is the normal end; after any other, the party left is told that something broke. */
  readonly why: LegEnding | 'unbridged' | 'faulted'
}

/** The same, with the final legs: a party that came back has another. */
export type Talked = TalkEnd & { readonly legs: readonly Leg[] }

/** Waits for the end of the conversation and closes the recording. Parties whose media server dies are connected again, and a browser that has left its page may come back. */
export async function talk(call: CallContext, bridge: Bridge, parties: Parties, recorder: Recorder): Promise<Talked> {
  const now = new Talk(call, bridge, parties, recorder)
  const end = await now.end()
  call.scope.tell({ type: 'talk.ended', ...end })
  call.scope.alongside(now.recorder.stop())
  return { ...end, legs: now.legs }
}

function isChange(one: BridgeEnd | Change): one is Change {
  return one.kind === 'away' || one.kind === 'left' || one.kind === 'back'
}

/** A conversation that holds for a browser that leaves its page, and goes on by another leg. */
class Talk {
  constructor(
    private readonly call: CallContext,
    private bridge: Bridge,
    private parties: Parties,
    public recorder: Recorder,
  ) {}

  get legs(): readonly Leg[] {
    return [this.parties.caller, this.parties.other]
  }

  async end(): Promise<TalkEnd> {
    const door = this.call.returns.open(this.call, () => this.legs)
    try {
      for (;;) {
        const next = await Promise.race([this.bridge.ended, door.next()])
        const end = isChange(next)
          ? await this.#changed(next, door)
          : next.kind === 'moved'
            ? await this.#moved(next.apartMs)
            : this.#endOf(next)
        if (end) return end
      }
    } finally {
      door.close()
    }
  }

  /** Each hears what has happened, and then the other one. @returns undefined: they talk again */
  async #moved(apartMs: number): Promise<TalkEnd | undefined> {
    const { scope, clock } = this.call
    const since = clock.monotonic()
    await Promise.all(this.legs.map((leg) => say(this.call, leg, [sentence('talk-goes-on')], scope.gone(leg))))
    const end = await this.#bridgeAgain()
    if (!end) scope.tell({ type: 'talk.resumed', apartMs: Math.round(apartMs + clock.monotonic() - since) })
    return end
  }

  /** @returns undefined: they talk again */
  async #changed(change: Change, door: OpenTalk): Promise<TalkEnd | undefined> {
    await this.bridge.unbridge()
    const back = change.kind === 'away' ? await this.#held(change.leg, door) : change
    if (back.kind === 'over') return back.end
    if (back.kind !== 'back') return { by: this.call.scope.partyOf(back.leg), why: 'hangup' }
    const { leg, fresh } = back
    const { caller, other } = this.parties
    this.call.scope.replace(leg, fresh)
    this.#hold(leg, fresh)
    this.parties = leg === caller ? { caller: fresh, other } : { caller, other: fresh }
    const end = await this.#bridgeAgain()
    // A recording is of a leg: that of the one before has ended with it.
    if (!end && leg === caller) this.#recordAgain()
    return end
  }

  /** @returns undefined: they hear each other */
  async #bridgeAgain(): Promise<TalkEnd | undefined> {
    const { caller, other } = this.parties
    const result = await this.call.switch.bridge(caller, other, { signal: this.call.scope.gone(caller) })
    switch (result.kind) {
      case 'bridged':
        this.bridge = result.bridge
        return undefined
      case 'hungUp':
        return this.#gone(result.leg)
      case 'cancelled':
        return this.#gone(caller)
      case 'failed':
        return { by: 'system', why: 'faulted' }
    }
  }

  /** The other side hears that it is held, until the browser is back, either has gone, or the time is up. */
  async #held(
    away: Leg,
    door: OpenTalk,
  ): Promise<Exclude<Change, { readonly kind: 'away' }> | { readonly kind: 'over'; readonly end: TalkEnd }> {
    const { call } = this
    const other = this.legs.find((leg) => leg !== away) ?? away
    const stop = new AbortController()
    void this.#wait(other, stop.signal)
    const tooLong = new Promise<'tooLong'>((resolve) => {
      const forget = call.clock.after(call.settings.returnMs, () => resolve('tooLong'))
      stop.signal.addEventListener('abort', forget)
    })
    try {
      for (;;) {
        const next = await Promise.race([door.next(), away.hungUp.then(() => away), other.hungUp.then(() => other), tooLong])
        if (next === 'tooLong') return { kind: 'over', end: { by: 'system', why: 'mediaTimeout' } }
        if (next === away || next === other) return { kind: 'over', end: this.#gone(next) }
        if ('kind' in next && next.kind !== 'away') return next
      }
    } finally {
      stop.abort()
    }
  }

  async #wait(leg: Leg, signal: AbortSignal): Promise<void> {
    const [words, music] = await Promise.all([spoken(this.call, [sentence('hold-returning')]), spoken(this.call, [{ kind: 'music' }])])
    if ((await leg.play(words, { signal })).kind === 'finished') await leg.play(music, { signal, loop: true })
  }

  /** As before, they are not rung for other calls. */
  #hold(leg: Leg, fresh: Leg): void {
    const { call } = this
    const clinician = call.scope.targetOf(leg)?.replace(/^browser:/, '') ?? (call.owner?.kind === 'clinician' ? call.owner.id : undefined)
    if (clinician !== undefined) holdClinician(call, fresh, clinician, 'takeOver')
  }

  #recordAgain(): void {
    this.call.scope.alongside(this.recorder.stop())
    this.recorder = new Recorder(this.call)
    void this.recorder.start(this.parties.caller)
  }

  #gone(leg: Leg): TalkEnd {
    return this.#endOf(
      leg.ended ? { kind: 'hungUp', first: leg, hangUp: leg.ended } : { kind: 'faulted', why: 'they could not be connected again' },
    )
  }

  #endOf(end: Exclude<BridgeEnd, { readonly kind: 'moved' }>): TalkEnd {
    return { by: this.#endedBy(end), why: end.kind === 'hungUp' ? end.hangUp.ending : end.kind }
  }

  #endedBy(end: Exclude<BridgeEnd, { readonly kind: 'moved' }>): TalkEnd['by'] {
    if (end.kind !== 'hungUp') return 'system'
    const { ending } = end.hangUp
    if (ending === 'released' || ending === 'mediaLost' || ending === 'signallingLost') return 'system'
    const { caller, other } = this.parties
    return this.call.scope.partyOf(end.first === caller ? caller : other)
  }
}
