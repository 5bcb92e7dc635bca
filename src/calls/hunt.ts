import { sleep } from '../clock/clock.js'
import type { HuntCandidate, RingPolicy } from '../directory/model.js'
import type { AttemptId, AttemptPool, AttemptResult, HuntEnd, Party } from '../facts/events.js'
import { targetInFacts } from '../facts/target-in-facts.js'
import type { Reservation, ReserveResult } from '../shared/reservations.js'
import type { DialFault, DialResult, Leg, Target } from '../switch/port.js'
import { raiseAlarm, type CallContext } from './call-context.js'
import { handleOf } from './leg-handle.js'
import { Stop } from './stop.js'
import { within } from './within.js'

/** A candidate to ring. */
export type Rung = Omit<HuntCandidate, 'pool'>

/**
 * Candidates rung one after the other: the line's own rota, a pool of the National Consultant Network, or (`direct`) the telephones of
 * one wanted party.
 */
export interface HuntPool {
  readonly pool: AttemptPool
  readonly candidates: readonly Rung[]
  readonly ring: Pick<RingPolicy, 'ringSeconds' | 'acceptSeconds' | 'rounds'>
  /** Whether they are rung for one call at a time. Default true; a practice's reception and a patient are not ours to reserve. */
  readonly reserved?: boolean
}

/** A party has answered. What happens next is not the hunt's business. */
export interface Answered {
  readonly leg: Leg
  readonly attempt: AttemptId
  readonly candidate: Rung
  /** From now to the latest moment for acceptance. */
  readonly acceptMs: number
}

/** The result of an answered leg: a connection ends the hunt; otherwise the leg has been released and the hunt goes on. */
export type AnswerOutcome<T> =
  | { readonly kind: 'connected'; readonly by: 'acceptance' | 'answer'; readonly connection: T }
  | { readonly kind: 'notAccepted' | 'answeredThenHungUp' | 'failed' | 'cancelled'; readonly reason?: string }

export interface HuntRequest<T> {
  /** In this order: local first, always. */
  readonly pools: readonly HuntPool[]
  /** Monotonic ms: nobody is rung after it. A party that has answered by then keeps its time to accept. */
  readonly deadline: number
  /** Aborts once nobody waits for the hunt. */
  readonly signal: AbortSignal
  /** The account that the attempts are charged to: the line. */
  readonly account: string
  /** The answering party's role in this call. Default `specialist`. */
  readonly party?: Party
  /** The leg to bridge the accepting party with, if there is one already. */
  readonly near?: Leg
  /** A party that answered when an engine that died rang it: met first. */
  readonly first?: Answered
  /** Whether the candidate has said "not now", asked when their turn comes: they are rung when nobody else has accepted. Default: nobody has. */
  readonly notNow?: (candidate: Rung) => boolean
  readonly meet: (answered: Answered) => Promise<AnswerOutcome<T>>
}

/** `nobody` with the result of the last attempt, if there was one. */
export type HuntResult<T> =
  | { readonly kind: 'connected'; readonly by: 'acceptance' | 'answer'; readonly connection: T }
  | { readonly kind: 'nobody'; readonly last: AttemptResult | undefined }
  | { readonly kind: 'timeUp' }
  | { readonly kind: 'calledOff' }

/** Rings the pools in turn until a party is connected. Appends the attempts and how the hunt ended. */
export async function hunt<T>(call: CallContext, request: HuntRequest<T>): Promise<HuntResult<T>> {
  const result = await new Hunt(call, request).run()
  call.scope.tell({ type: 'hunt.ended', result: endOf(result, request.near) })
  return result
}

function endOf(result: HuntResult<unknown>, near: Leg | undefined): HuntEnd {
  switch (result.kind) {
    case 'connected':
      return result.by === 'acceptance' ? 'accepted' : 'connected'
    case 'calledOff':
      return near?.ended ? 'callerGone' : 'calledOff'
    case 'nobody':
    case 'timeUp':
      return result.kind
  }
}

/** The result of one attempt. */
type Ringing<T> =
  | Extract<HuntResult<T>, { readonly kind: 'connected' }>
  | { readonly kind: 'over'; readonly answered: boolean; readonly result: AttemptResult }

class Hunt<T> {
  readonly #call: CallContext
  readonly #request: HuntRequest<T>
  /** Busy with another caller when their turn came. */
  readonly #passedOver = new Map<string, { readonly candidate: Rung; readonly pool: HuntPool }>()
  /** Had said "not now" when their turn came: the last to be rung. */
  readonly #notNow = new Map<string, { readonly candidate: Rung; readonly pool: HuntPool }>()
  /** Not rung again in this hunt: they have refused, or their number does not exist. */
  readonly #excluded = new Set<string>()
  readonly #toldPassedOver = new Set<string>()
  readonly #minRingMs: number
  #last: AttemptResult | undefined

  constructor(call: CallContext, request: HuntRequest<T>) {
    this.#call = call
    this.#request = request
    this.#minRingMs = Math.min(call.settings.minRingMs, ...request.pools.map((pool) => pool.ring.ringSeconds * 1_000))
  }

  async run(): Promise<HuntResult<T>> {
    const { first } = this.#request
    if (first) {
      const met = await this.#meetFirst(first)
      if (met.kind === 'connected') return met
      this.#last = met.result
    }
    for (const pool of this.#request.pools) {
      if (pool.candidates.length === 0) continue
      this.#call.scope.tell({ type: 'hunt.started', pool: pool.pool, candidates: pool.candidates.length })
      const result = (await this.#ringPool(pool)) ?? (await this.#ringPassedOver(pool))
      if (result) return result
    }
    return (await this.#ringNotNow()) ?? (await this.#waitForPassedOver()) ?? { kind: 'nobody', last: this.#last }
  }

  async #meetFirst(first: Answered): Promise<Ringing<T>> {
    const reservation = (await this.#reserve(first.candidate, 'takeOver')) ?? unreserved
    void first.leg.hungUp.then(() => reservation.release())
    return this.#meet(first, reservation)
  }

  async #ringPool(pool: HuntPool): Promise<HuntResult<T> | undefined> {
    const { clock, settings } = this.#call
    for (let round = 1; round <= pool.ring.rounds; round++) {
      const left = pool.candidates.filter((candidate) => !this.#excluded.has(candidate.key))
      if (left.length === 0) return undefined
      const startedAt = clock.monotonic()
      for (const candidate of left) {
        if (this.#saysNotNow(candidate, pool)) continue
        const result = await this.#tryCandidate(candidate, pool)
        if (result) return result
      }
      // With everybody else excluded or put off to the end there is nothing to wait for.
      if (round === pool.ring.rounds || !left.some((candidate) => this.#mayBeRungAgain(candidate))) return undefined
      const over = this.#over()
      if (over) return over
      await sleep(clock, settings.minRoundMs - (clock.monotonic() - startedAt), this.#request.signal)
    }
    return undefined
  }

  #mayBeRungAgain(candidate: Rung): boolean {
    return !this.#excluded.has(candidate.key) && this.#request.notNow?.(candidate) !== true
  }

  /** Those of this pool who were busy when their turn came, and are free by now. */
  async #ringPassedOver(pool?: HuntPool): Promise<HuntResult<T> | undefined> {
    for (const busy of [...this.#passedOver.values()]) {
      if (pool !== undefined && busy.pool !== pool) continue
      const result = await this.#tryCandidate(busy.candidate, busy.pool)
      if (result) return result
    }
    return undefined
  }

  /** @returns whether they are left for the end */
  #saysNotNow(candidate: Rung, pool: HuntPool): boolean {
    if (this.#request.notNow?.(candidate) !== true) {
      this.#notNow.delete(candidate.key)
      return false
    }
    if (this.#notNow.has(candidate.key)) return true
    this.#call.scope.tell({ type: 'candidate.passedOver', candidate: candidate.key, why: 'notNow' })
    this.#notNow.set(candidate.key, { candidate, pool })
    return true
  }

  /** Nobody else has accepted: a caller is not left alone while a clinician is on the rota. */
  async #ringNotNow(): Promise<HuntResult<T> | undefined> {
    for (const { candidate, pool } of [...this.#notNow.values()]) {
      if (this.#excluded.has(candidate.key)) continue
      const result = await this.#tryCandidate(candidate, pool)
      if (result) return result
    }
    return undefined
  }

  /** Nobody else is left: waits until one of the candidates passed over is free. */
  async #waitForPassedOver(): Promise<HuntResult<T> | undefined> {
    const { clock, settings, reservations } = this.#call
    let waitMs = settings.waitForFreedMs
    while (this.#passedOver.size > 0 && waitMs > 0) {
      const over = this.#over()
      if (over) return over
      const startedAt = clock.monotonic()
      const stop = new Stop(this.#request.signal)
      const cancelTimer = clock.after(Math.min(waitMs, this.#request.deadline - startedAt), () => stop.done())
      const freed = reservations.freed(
        [...this.#passedOver.values()].map(({ candidate }) => reservationKeys(candidate)),
        stop.signal,
      )
      await freed.catch(() => sleep(clock, waitMs, stop.signal))
      // Reservations that contradict themselves must not make us spin.
      if (!stop.stopped && clock.monotonic() === startedAt) await sleep(clock, 250, stop.signal)
      cancelTimer()
      stop.done()
      waitMs -= clock.monotonic() - startedAt
      if (waitMs > 0) {
        const result = await this.#ringPassedOver()
        if (result) return result
      }
    }
    return this.#over()
  }

  /** @returns undefined: the hunt goes on with the next */
  async #tryCandidate(candidate: Rung, pool: HuntPool): Promise<HuntResult<T> | undefined> {
    const overBefore = this.#over()
    if (overBefore) return overBefore
    const reservation = pool.reserved === false ? unreserved : await this.#reserve(candidate)
    if (!reservation) {
      this.#passedOver.set(candidate.key, { candidate, pool })
      return undefined
    }
    this.#passedOver.delete(candidate.key)
    const legs: Leg[] = []
    try {
      let reachable = false
      for (const target of candidate.targets) {
        const over = this.#over()
        if (over) return over
        const ringing = await this.#ring(candidate, target, pool, reservation, legs)
        if (ringing.kind === 'connected') return ringing
        this.#last = ringing.result
        if (ringing.result !== 'badNumber') reachable = true
        if (saidNo(ringing.result)) {
          this.#excluded.add(candidate.key)
          return undefined
        }
        // They answered and could not hear the whisper or be connected: ringing their other telephone does not mend that.
        if (ringing.answered && ringing.result === 'failed') return undefined
      }
      if (!reachable) this.#excluded.add(candidate.key)
      return undefined
    } finally {
      // Free again when every leg that they answered has ended; at once if they answered none.
      if (legs.length === 0) reservation.release()
      else void Promise.all(legs.map((leg) => leg.hungUp)).then(() => reservation.release())
    }
  }

  async #ring(candidate: Rung, target: Target, pool: HuntPool, reservation: Reservation, legs: Leg[]): Promise<Ringing<T>> {
    const attempt = this.#call.scope.nextAttempt()
    try {
      return await this.#attempt(attempt, candidate, target, pool, reservation, legs)
    } catch (fault) {
      // A fault in the program ends the call, and what was accepted on the way to it came to nothing: no ringing is without an end.
      this.#call.scope.tell({ type: 'attempt.ended', attempt, result: 'failed', reason: String(fault), fault: 'ours' })
      throw fault
    }
  }

  async #attempt(
    attempt: AttemptId,
    candidate: Rung,
    target: Target,
    pool: HuntPool,
    reservation: Reservation,
    legs: Leg[],
  ): Promise<Ringing<T>> {
    const { scope, clock, settings } = this.#call
    const { key, label, clinician } = candidate
    scope.tell({
      type: 'attempt.started',
      attempt,
      candidate: key,
      label,
      ...(clinician === undefined ? {} : { clinician }),
      pool: pool.pool,
      target: targetInFacts(target),
      account: this.#request.account,
    })
    const ringMs = Math.min(pool.ring.ringSeconds * 1_000, this.#request.deadline - clock.monotonic())
    const dialled = await this.#call.switch.dial(target, {
      from: settings.outbound,
      ringMs,
      signal: this.#request.signal,
      account: this.#request.account,
      ...(this.#request.near === undefined ? {} : { near: this.#request.near }),
      onSent: (sent) => scope.tell({ type: 'attempt.sent', attempt, ...sent }),
      onRinging: () => scope.tell({ type: 'attempt.ringing', attempt }),
    })
    if (dialled.kind !== 'answered') {
      const ended = unansweredAttempt(dialled)
      scope.tell({ type: 'attempt.ended', attempt, ...ended })
      return { kind: 'over', answered: false, result: ended.result }
    }
    const { leg } = dialled
    const answeredAt = clock.monotonic()
    legs.push(leg)
    scope.own(leg, this.#request.party ?? 'specialist')
    scope.tell({ type: 'attempt.answered', attempt, legId: leg.id, ...handleOf(leg) })
    return this.#meet(
      { leg, attempt, candidate, acceptMs: pool.ring.acceptSeconds * 1_000 - (clock.monotonic() - answeredAt) },
      reservation,
    )
  }

  async #meet(answered: Answered, reservation: Reservation): Promise<Ringing<T>> {
    const { scope } = this.#call
    const { attempt } = answered
    const meeting = await this.#request.meet(answered)
    if (meeting.kind === 'connected') {
      reservation.onACall()
      scope.tell({ type: 'attempt.ended', attempt, result: meeting.by === 'acceptance' ? 'accepted' : 'connected' })
      return meeting
    }
    scope.tell({
      type: 'attempt.ended',
      attempt,
      result: meeting.kind,
      ...(meeting.reason === undefined ? {} : { reason: meeting.reason }),
    })
    return { kind: 'over', answered: true, result: meeting.kind }
  }

  /** @returns undefined when they are busy with another caller. If that is unknown they are rung: better twice than not at all. */
  async #reserve(candidate: Rung, how?: 'takeOver'): Promise<Reservation | undefined> {
    const { clock, settings, reservations, scope, id } = this.#call
    const asked = Promise.resolve().then(() => reservations.reserve(reservationKeys(candidate), id, how))
    const result = await within(clock, settings.promptTimeoutMs, asked)
    if (result?.kind === 'reserved' || result?.kind === 'taken') this.#call.alarms.clear('reservations.failed')
    if (result?.kind === 'reserved') return result.reservation
    if (result?.kind === 'taken') {
      if (!this.#toldPassedOver.has(candidate.key)) scope.tell({ type: 'candidate.passedOver', candidate: candidate.key, why: result.by })
      this.#toldPassedOver.add(candidate.key)
      return undefined
    }
    raiseAlarm(this.#call, 'reservations.failed', `${candidate.label} is rung unreserved`)
    return result?.reservation ?? whenItComes(asked)
  }

  /** Whether, and how, the hunt is over before the next ringing. */
  #over(): HuntResult<T> | undefined {
    if (this.#request.signal.aborted) return { kind: 'calledOff' }
    // A specialist who accepted now could not be connected: an acceptance has to be stored first.
    if (this.#call.cannotKeep() !== undefined) return { kind: 'nobody', last: this.#last }
    if (this.#request.deadline - this.#call.clock.monotonic() < this.#minRingMs) return { kind: 'timeUp' }
    return undefined
  }
}

const unreserved: Reservation = { onACall: () => undefined, release: () => undefined }

/** A reservation that has not come in time, and may come yet: it is kept until the leg ends. */
function whenItComes(asked: Promise<ReserveResult>): Reservation {
  const coming = asked.then(
    (late) => (late.kind === 'taken' ? unreserved : late.reservation),
    () => unreserved,
  )
  return { onACall: () => void coming.then((late) => late.onACall()), release: () => void coming.then((late) => late.release()) }
}

/** Both the person and each of their telephones: a nurses' station on two rotas rings for one caller only. */
function reservationKeys(candidate: Rung): readonly string[] {
  return [...new Set([candidate.key, ...candidate.targets.map((target) => `target:${targetInFacts(target)}`)])]
}

/** A person has refused, rather than a telephone: neither their other numbers nor another round would be welcome. */
function saidNo(result: AttemptResult): boolean {
  return result === 'declined' || result === 'answeredThenHungUp'
}

type Unanswered = Exclude<DialResult, { readonly kind: 'answered' }>

function unansweredAttempt(dialled: Unanswered): {
  readonly result: AttemptResult
  readonly status?: number
  readonly reason?: string
  readonly fault?: DialFault
} {
  switch (dialled.kind) {
    case 'busy':
    case 'declined':
    case 'unavailable':
    case 'badNumber':
      return { result: dialled.kind, status: dialled.status, reason: dialled.reason }
    case 'noAnswer':
    case 'cancelled':
      return { result: dialled.kind }
    case 'failed':
      return {
        result: 'failed',
        ...(dialled.status === undefined ? {} : { status: dialled.status }),
        reason: dialled.reason,
        fault: dialled.fault,
      }
  }
}
