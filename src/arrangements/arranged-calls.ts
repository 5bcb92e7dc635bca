import { randomUUID } from 'node:crypto'
import type { Alarms } from '../alarms/alarms.js'
import type { Arrangements, KeyedAt, Redeemed } from '../calls/arrangements.js'
import type { Clock } from '../clock/clock.js'
import type { ClinicianId, Directory } from '../directory/model.js'
import { toE164 } from '../directory/telephone-number.js'
import { staff, type Actor } from '../facts/actor.js'
import type { CallBackChange, Made } from '../facts/arrangement-steps.js'
import type { ArrangementId, Refused, Arrangement, CallBack, CallBackCode, PatientConnect } from '../facts/arrangement.js'
import type { CallEvent, EventLog } from '../facts/events.js'
import type { SharedMap } from '../fleet/shared-map.js'
import type { Ledger } from '../store/ledger.js'
import type { Store } from '../store/store.js'
import { listArrangements, type ArrangementFilter, type ArrangementPage } from './arrangement-list.js'
import { stateOf, type ArrangementState } from './arrangement.js'
import { guesserOf, placeOf } from './dialled-place.js'
import { Diary, type OtherEngines } from './diary.js'
import { begunWithinMs, followCalls, reconcile } from './follow-calls.js'
import { guessesKeptMs } from './guess-account.js'
import { GuessGuard, type SharedGuess } from './guess-guard.js'
import { codeSpace, hashOfKept, keptMs, KeyRing, pinSpace, type KeySpace } from './key-ring.js'
import { PatientRequests } from './patient-requests.js'
import { redeem } from './redeeming.js'
import { start, type Place, type Started } from './starting.js'

export interface ArrangedCallsOptions {
  readonly ledger: Ledger
  readonly log: Pick<EventLog, 'subscribe'>
  readonly facts: Pick<Store, 'events' | 'arrivals' | 'factsOf' | 'outcomesByStaff'>
  readonly clock: Clock
  readonly alarms: Alarms
  readonly directory: () => Directory
  /** Whether this number (E.164) may be dialled. */
  readonly mayDial: (number: string) => boolean
  /** The key that hashes PINs and codes, the same for all engines of a store. Rejects if it is unavailable. */
  readonly codesKey: () => Promise<Buffer>
  /** As `DiaryOptions`. */
  readonly entriesPerCheckpoint?: number
  /** As `DiaryOptions`. */
  readonly others?: OtherEngines | undefined
  /** With several engines: wrong guesses at all of them. */
  readonly guesses?: SharedMap<SharedGuess> | undefined
  /** For tests: draws PINs and codes. Default: `node:crypto`. */
  readonly draw?: (limit: number) => number
}

type Request<T extends Arrangement, Given extends keyof T> = Omit<T, keyof Arrangement | Given>
export type CallBackRequest = Request<CallBack, never>
/** `validMs`: how long the PIN is good. */
export type PatientConnectRequest = Request<PatientConnect, 'pin' | 'expiresAt'> & { readonly validMs: number }
export type CallBackCodeRequest = Request<CallBackCode, 'code' | 'expiresAt'> & { readonly validMs: number }

/** With the PIN or code itself, which is stored nowhere and shown only here. `usedUp`: so many are in use that one more could be guessed too easily. */
export type PatientConnectWithPin = Omit<PatientConnect, 'pin'> & { readonly pin: string }
export type MadeWithPin = { readonly kind: 'made'; readonly arrangement: PatientConnectWithPin } | { readonly kind: 'usedUp' }
export type CallBackCodeWithCode = Omit<CallBackCode, 'code'> & { readonly code: string }
export type MadeWithCode = { readonly kind: 'made'; readonly arrangement: CallBackCodeWithCode } | { readonly kind: 'usedUp' }

export type Changed =
  | { readonly kind: 'changed'; readonly arrangement: Arrangement }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'notOpen'; readonly state: ArrangementState }

/** The id under which the ledger notes how far the facts of calls were read; no arrangement has it. */
const reconciledSubject = 'reconciled'
/** Clocks step, and facts are written a moment after their time stamp. */
const marginMs = 24 * 60 * 60_000
/** How often the engine notes that it has followed everything so far: this bounds what the next start has to read, however long this engine runs. */
const markEveryMs = 6 * 60 * 60_000

/**
 * Everything about arranged calls but the calls themselves: call-backs, Patient Connect, call-back codes; made by staff or asked for by patients,
 * carried out by calls, and followed by those calls' facts until settled.
 */
export class ArrangedCalls implements Arrangements {
  readonly #keys: KeyRing
  #secret: Buffer | undefined
  readonly #guard: GuessGuard
  readonly #requests: PatientRequests
  #unfollow: () => void = () => undefined
  #cancelMark: (() => void) | undefined
  #cancelLook: (() => void) | undefined
  #missed = false

  private constructor(
    private readonly options: ArrangedCallsOptions,
    readonly diary: Diary,
  ) {
    this.#keys = new KeyRing(options.draw)
    this.#guard = new GuessGuard(options.clock, options.alarms, undefined, options.guesses)
    this.#requests = new PatientRequests(diary, options.clock, options.alarms)
  }

  /** Reads what was arranged, and what became of it meanwhile. Call it before taking calls. Rejects if the store does not answer. */
  static async open(options: ArrangedCallsOptions): Promise<ArrangedCalls> {
    const { ledger, facts, log, clock } = options
    // Nothing is followed before it opens.
    let followed: (arrangement: Arrangement) => void = () => undefined
    const diary = await Diary.open({ ...options, onFollowed: (arrangement) => followed(arrangement) })
    const calls = new ArrangedCalls(options, diary)
    followed = (arrangement) => calls.#followed(arrangement)
    const now = clock.now()
    const recent = [...diary.values()].filter(({ madeAt }) => madeAt > now - keptMs).sort((a, b) => a.madeAt - b.madeAt)
    // Without the key no PIN or code can be looked up or made; existing ones work again once it is back.
    const secret = await calls.#codesKey().catch(() => undefined)
    for (const arrangement of recent) calls.#noteKeys(arrangement, secret)
    const mark = await ledger.latest('arrangement', reconciledSubject)
    await reconcile(diary, calls.#requests, facts, {
      since: mark === undefined ? 0 : mark.at - marginMs,
      now,
      others: options.others !== undefined,
    })
    await calls.#rememberGuesses(now)
    // What the ledger is owed has to be read from the facts again.
    if (diary.owed === 0) await ledger.append('arrangement', reconciledSubject, 'reconciled', {})
    calls.#unfollow = followCalls(diary, calls.#requests, facts, log, () => (calls.#missed = true))
    calls.#markLater()
    return calls
  }

  redeem(keys: string, where: KeyedAt, signal?: AbortSignal): Promise<Redeemed> {
    const { clock, directory } = this.options
    return redeem(
      { diary: this.diary, keys: this.#keys, secret: () => this.#codesKey(), guard: this.#guard, clock, directory },
      keys,
      where,
      signal,
    )
  }

  guess(where: KeyedAt, isRight: () => boolean): { readonly kind: 'right' } | Refused {
    const guess = this.#guard.guess(guesserOf(where), placeOf(where))
    if (guess.kind !== 'charged') return guess
    if (!isRight()) return guess.wrong()
    guess.right()
    return { kind: 'right' }
  }

  /** `actor`, here as below: who does it. Rejects with the database's error when it is not on disk. */
  async makeCallBack(request: CallBackRequest, actor: Actor = staff): Promise<CallBack> {
    return this.#make<CallBack>(randomUUID(), { ...request, kind: 'callBack', ...this.#byStaff() }, actor)
  }

  async makePatientConnect({ validMs, ...request }: PatientConnectRequest, actor: Actor = staff): Promise<MadeWithPin> {
    const id = randomUUID()
    const secret = await this.#codesKey()
    return this.#drawing(pinSpace, async () => {
      const pin = this.#newKey(secret, pinSpace, id)
      if (pin === undefined) return { kind: 'usedUp' }
      const made = this.#byStaff()
      const arrangement = await this.#make<PatientConnect>(
        id,
        { ...request, kind: 'patientConnect', ...made, pin: { hash: pin.hash }, expiresAt: made.madeAt + validMs },
        actor,
      )
      return { kind: 'made', arrangement: { ...arrangement, pin: pin.key } }
    })
  }

  async makeCallBackCode({ validMs, ...request }: CallBackCodeRequest, actor: Actor = staff): Promise<MadeWithCode> {
    const id = randomUUID()
    const number = toE164(request.number)
    const secret = await this.#codesKey()
    return this.#drawing(codeSpace(number), async () => {
      const code = this.#newKey(secret, codeSpace(number), id)
      if (code === undefined) return { kind: 'usedUp' }
      const made = this.#byStaff()
      const arrangement = await this.#make<CallBackCode>(
        id,
        { ...request, number, kind: 'callBackCode', ...made, code: { hash: code.hash }, expiresAt: made.madeAt + validMs },
        actor,
      )
      return { kind: 'made', arrangement: { ...arrangement, code: code.key } }
    })
  }

  /** Codes issued for this number within the last 24 hours. */
  codesInUse(number: string): number {
    return this.#keys.used(codeSpace(toE164(number)), this.options.clock.now())
  }

  /** Changes an open call-back. */
  change(id: ArrangementId, change: CallBackChange, actor: Actor = staff): Promise<Changed> {
    return this.#whenOpen(id, () => this.diary.write(id, { type: 'changed', change }, actor))
  }

  /** Closes an open one by hand. @param change of a call-back, in the same write: both are on disk, or neither */
  settle(id: ArrangementId, how: 'done' | 'cancelled', change?: CallBackChange, actor: Actor = staff): Promise<Changed> {
    return this.#whenOpen(id, () => this.diary.write(id, { type: 'closed', how, ...(change ? { change } : {}) }, actor))
  }

  start(id: ArrangementId, place: Place, clinician?: ClinicianId, actor: Actor = staff): Promise<Started> {
    const { clock, directory, mayDial } = this.options
    return start({ diary: this.diary, clock, directory, mayDial }, id, (arranged) => place(arranged, actor), clinician)
  }

  /** Whether this number (E.164) may be dialled. */
  mayDial(number: string): boolean {
    return this.options.mayDial(number)
  }

  /** Also one that was settled long ago. */
  find(id: ArrangementId): Promise<Arrangement | undefined> {
    return this.diary.find(id)
  }

  /** Those that are not settled, and those that were settled in the last three days. @param sees filters out what the viewer may not see */
  list(filter: ArrangementFilter, sees: (arrangement: Arrangement) => boolean = () => true): ArrangementPage {
    return listArrangements(this.diary.values(), filter, this.options.clock.now(), sees)
  }

  stateOf(arrangement: Arrangement): ArrangementState {
    return stateOf(arrangement, this.options.clock.now())
  }

  /** Another engine is gone: a minute later a remaining engine writes what that one's call facts say and it could no longer write. Never rejects. */
  lookAgainLater(): void {
    const { clock, facts } = this.options
    this.#cancelLook?.()
    this.#cancelLook = clock.after(begunWithinMs, () => {
      const now = clock.now()
      // If unreadable now, the next start reads it.
      reconcile(this.diary, this.#requests, facts, { since: now - marginMs, now, others: true }).catch(() => (this.#missed = true))
    })
  }

  /** Stops following calls; finishes the writes under way. */
  async close(): Promise<void> {
    this.#unfollow()
    this.#cancelMark?.()
    this.#cancelLook?.()
    this.#guard.close()
    this.#requests.close()
    await this.diary.close()
  }

  /** Of two engines that draw at once, the second knows what the first has drawn. */
  #drawing<T>(space: KeySpace, draw: () => Promise<T>): Promise<T> {
    return this.options.others === undefined ? draw() : this.diary.inTurnOfAll(`drawing ${space.name}`, draw)
  }

  #followed(arrangement: Arrangement): void {
    if (arrangement.madeAt > this.options.clock.now() - keptMs) this.#noteKeys(arrangement, this.#secret)
  }

  #byStaff(): Pick<Made, 'madeAt' | 'madeBy'> {
    return { madeAt: this.options.clock.now(), madeBy: { kind: 'staff' } }
  }

  async #make<T extends Arrangement>(id: ArrangementId, made: Made, actor: Actor): Promise<T> {
    // A step of making always leaves an arrangement of the kind that was made.
    return (await this.diary.inTurn(id, () => this.diary.write(id, { type: 'made', made }, actor))) as T
  }

  #whenOpen(id: ArrangementId, work: () => Promise<Arrangement | undefined>): Promise<Changed> {
    return this.diary.inTurn(id, async () => {
      const arrangement = await this.diary.find(id)
      if (!arrangement) return { kind: 'notFound' }
      const state = this.stateOf(arrangement)
      if (state !== 'open') return { kind: 'notOpen', state }
      return { kind: 'changed', arrangement: (await work()) ?? arrangement }
    })
  }

  async #codesKey(): Promise<Buffer> {
    return (this.#secret ??= await this.options.codesKey())
  }

  #newKey(secret: Buffer, space: KeySpace, id: ArrangementId): { readonly key: string; readonly hash: string } | undefined {
    const { clock, alarms } = this.options
    const now = clock.now()
    const key = this.#keys.make(secret, space, now)
    const alarm = `codes.usedUp: ${space.name}` as const
    if (key === undefined) {
      alarms.raise(
        alarm,
        `${this.#keys.used(space, now)} of ${10 ** space.digits} were given out in 24 hours; no more are issued until some are free again`,
      )
      return undefined
    }
    alarms.clear(alarm)
    this.#keys.note(space, key.hash, id, now)
    return key
  }

  #noteKeys(arrangement: Arrangement, secret: Buffer | undefined): void {
    if (arrangement.kind === 'callBack') return
    const [space, kept] =
      arrangement.kind === 'patientConnect' ? [pinSpace, arrangement.pin] : [codeSpace(arrangement.number), arrangement.code]
    if (secret) this.#keys.note(space, hashOfKept(secret, space, kept), arrangement.id, arrangement.madeAt)
    else if ('hash' in kept) this.#keys.note(space, kept.hash, arrangement.id, arrangement.madeAt)
  }

  /**
   * A restart neither opens nor shortens a lock: the wrong guesses of the last days still count. What was not looked at (`tooSoon`, `locked`) was not
   * counted before the restart either.
   */
  async #rememberGuesses(now: number): Promise<void> {
    const { facts } = this.options
    for await (const refused of facts.factsOf(['code.refused'], now - guessesKeptMs)) {
      const wrong = refused.filter((event) => event.type === 'code.refused' && (event.why === 'wrong' || event.why === 'wrongAndLocked'))
      const places = new Map(
        (await facts.arrivals([...new Set(wrong.map(({ callId }) => callId))])).map((arrived) => [arrived.callId, keyedIn(arrived)]),
      )
      for (const event of wrong) {
        const where = places.get(event.callId)
        if (where) this.#guard.remember(guesserOf(where), placeOf(where), Math.max(0, now - event.at))
      }
    }
  }

  #markLater(): void {
    const { clock, ledger } = this.options
    this.#cancelMark = clock.after(markEveryMs, () => {
      this.#markLater()
      void this.diary.settled().then(async () => {
        // A failed write does no harm: the next start reads more.
        if (this.diary.owed === 0 && !this.#missed)
          await ledger.append('arrangement', reconciledSubject, 'reconciled', {}).catch(() => undefined)
      })
    })
  }
}

/** Where the keys of a call were entered, by its facts. */
function keyedIn(arrived: CallEvent): KeyedAt | undefined {
  if (arrived.type !== 'call.arrived') return undefined
  const { callId, callerNumber, callerAccount, dialledNumber, organisation } = arrived
  return {
    callId,
    callerNumber,
    ...(callerAccount === undefined ? {} : { callerAccount }),
    dialledNumber,
    ...(organisation === undefined ? {} : { organisation }),
  }
}
