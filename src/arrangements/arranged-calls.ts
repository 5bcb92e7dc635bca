import { oneForm } from '../directory/telephone-number.js'
import { randomUUID } from 'node:crypto'
import type { Alarms } from '../calls/alarms.js'
import type { ArrangementId, Arrangements, KeyedAt, Redeemed, Refused } from '../calls/arrangements.js'
import type { CallEvent, EventLog } from '../calls/events.js'
import type { Clock } from '../clock/clock.js'
import type { ClinicianId, Directory } from '../directory/model.js'
import type { Ledger } from '../store/ledger.js'
import type { Store } from '../store/store.js'
import { stateOf, type Arrangement, type ArrangementState, type CallBack, type CallBackCode, type PatientConnect } from './arrangement.js'
import { listArrangements, type ArrangementFilter, type ArrangementPage } from './arrangement-list.js'
import { Diary } from './diary.js'
import { guesserOf, placeOf } from './dialled-place.js'
import { followCalls, reconcile } from './follow-calls.js'
import { guessesKeptMs } from './guess-account.js'
import { GuessGuard } from './guess-guard.js'
import { codeSpace, keptMs, KeyRing, pinSpace, type KeySpace } from './key-ring.js'
import { PatientRequests } from './patient-requests.js'
import { redeem } from './redeeming.js'
import { start, type Place, type Started } from './starting.js'
import type { CallBackChange, Made } from './story.js'

export interface ArrangedCallsOptions {
  readonly ledger: Ledger
  readonly log: Pick<EventLog, 'subscribe'>
  readonly facts: Pick<Store, 'events' | 'factsOf' | 'outcomesSince'>
  readonly clock: Clock
  readonly alarms: Alarms
  readonly directory: () => Directory
  /** Whether this number (E.164) may be dialled. */
  readonly mayDial: (number: string) => boolean
  /** As `DiaryOptions`. */
  readonly entriesPerCheckpoint?: number
  /** For tests: draws PINs and codes. Default: `node:crypto`. */
  readonly draw?: (limit: number) => number
}

type Request<T extends Arrangement, Given extends keyof T> = Omit<T, keyof Arrangement | Given>
export type CallBackRequest = Request<CallBack, never>
/** `validMs`: how long the PIN is good. */
export type PatientConnectRequest = Request<PatientConnect, 'pin' | 'expiresAt'> & { readonly validMs: number }
export type CallBackCodeRequest = Request<CallBackCode, 'code' | 'expiresAt'> & { readonly validMs: number }

/** `usedUp`: so many PINs or codes are in use that another one could be guessed too easily. */
export type MadeWithKeys<T> = { readonly kind: 'made'; readonly arrangement: T } | { readonly kind: 'usedUp' }

export type Changed = { readonly kind: 'changed'; readonly arrangement: Arrangement } | { readonly kind: 'notFound' } | { readonly kind: 'notOpen'; readonly state: ArrangementState }

/** Under which the ledger notes up to when the facts of calls have been gone through; no arrangement has this id. */
const reconciledSubject = 'reconciled'
/** Clocks step, and facts are written a moment after they were stamped. */
const marginMs = 24 * 60 * 60_000

/**
 * Everything about arranged calls but the calls themselves: call-backs, Patient Connect, call-back codes; made by staff or asked for by patients,
 * carried out by calls, followed by those calls' facts until they are settled.
 */
export class ArrangedCalls implements Arrangements {
  readonly #keys: KeyRing
  readonly #guard: GuessGuard
  readonly #requests: PatientRequests
  #unfollow: () => void = () => undefined

  private constructor(
    private readonly options: ArrangedCallsOptions,
    readonly diary: Diary,
  ) {
    this.#keys = new KeyRing(options.draw)
    this.#guard = new GuessGuard(options.clock, options.alarms)
    this.#requests = new PatientRequests(diary, options.clock, options.alarms)
  }

  /** Reads what was arranged, and what became of it meanwhile. Before any call is taken. Rejects when the store cannot be asked. */
  static async open(options: ArrangedCallsOptions): Promise<ArrangedCalls> {
    const { ledger, facts, log, clock } = options
    const diary = await Diary.open(options)
    const calls = new ArrangedCalls(options, diary)
    const now = clock.now()
    const recent = [...diary.values()].filter(({ madeAt }) => madeAt > now - keptMs).sort((a, b) => a.madeAt - b.madeAt)
    for (const arrangement of recent) calls.#noteKeys(arrangement)
    const mark = await ledger.latest('arrangement', reconciledSubject)
    await reconcile(diary, calls.#requests, facts, { since: mark === undefined ? 0 : mark.at - marginMs, now })
    await calls.#rememberGuesses(now)
    // What is owed has to be read off the facts again.
    if (diary.owed === 0) await ledger.append('arrangement', reconciledSubject, 'reconciled', {})
    calls.#unfollow = followCalls(diary, calls.#requests, facts, log)
    return calls
  }

  redeem(keys: string, where: KeyedAt, signal?: AbortSignal): Promise<Redeemed> {
    const { clock, directory } = this.options
    return redeem({ diary: this.diary, keys: this.#keys, guard: this.#guard, clock, directory }, keys, where, signal)
  }

  guess(where: KeyedAt, isRight: () => boolean): { readonly kind: 'right' } | Refused {
    const guess = this.#guard.guess(guesserOf(where), placeOf(where))
    if (guess.kind !== 'charged') return guess
    if (!isRight()) return guess.wrong()
    guess.right()
    return { kind: 'right' }
  }

  /** Rejects, here as below, in the database's words when it is not on disk. */
  async makeCallBack(request: CallBackRequest): Promise<CallBack> {
    return this.#make<CallBack>(randomUUID(), { ...request, kind: 'callBack', ...this.#byStaff() })
  }

  async makePatientConnect({ validMs, ...request }: PatientConnectRequest): Promise<MadeWithKeys<PatientConnect>> {
    const id = randomUUID()
    const pin = this.#newKey(pinSpace, id)
    if (pin === undefined) return { kind: 'usedUp' }
    const made = this.#byStaff()
    return { kind: 'made', arrangement: await this.#make<PatientConnect>(id, { ...request, kind: 'patientConnect', ...made, pin, expiresAt: made.madeAt + validMs }) }
  }

  async makeCallBackCode({ validMs, ...request }: CallBackCodeRequest): Promise<MadeWithKeys<CallBackCode>> {
    const id = randomUUID()
    const number = oneForm(request.number)
    const code = this.#newKey(codeSpace(number), id)
    if (code === undefined) return { kind: 'usedUp' }
    const made = this.#byStaff()
    return { kind: 'made', arrangement: await this.#make<CallBackCode>(id, { ...request, number, kind: 'callBackCode', ...made, code, expiresAt: made.madeAt + validMs }) }
  }

  /** Codes that were given out for this number within the last 24 hours. */
  codesInUse(number: string): number {
    return this.#keys.used(codeSpace(oneForm(number)), this.options.clock.now())
  }

  /** Changes an open call-back. */
  change(id: ArrangementId, change: CallBackChange): Promise<Changed> {
    return this.#whenOpen(id, () => this.diary.write(id, { type: 'changed', change }))
  }

  /** Closes an open one by hand. @param change of a call-back, in one with it: both are on disk, or neither */
  settle(id: ArrangementId, how: 'done' | 'cancelled', change?: CallBackChange): Promise<Changed> {
    return this.#whenOpen(id, () => this.diary.write(id, { type: 'closed', how, ...(change ? { change } : {}) }))
  }

  start(id: ArrangementId, place: Place, clinician?: ClinicianId): Promise<Started> {
    const { clock, directory, mayDial } = this.options
    return start({ diary: this.diary, clock, directory, mayDial }, id, place, clinician)
  }

  /** Whether this number (E.164) may be dialled. */
  mayDial(number: string): boolean {
    return this.options.mayDial(number)
  }

  /** Also one that was settled long ago. */
  find(id: ArrangementId): Promise<Arrangement | undefined> {
    return this.diary.find(id)
  }

  /** Those that are not settled, and those that were settled in the last three days. */
  list(filter: ArrangementFilter): ArrangementPage {
    return listArrangements(this.diary.values(), filter, this.options.clock.now())
  }

  stateOf(arrangement: Arrangement): ArrangementState {
    return stateOf(arrangement, this.options.clock.now())
  }

  /** Stops following the calls; what is under way is written. */
  async close(): Promise<void> {
    this.#unfollow()
    this.#guard.close()
    this.#requests.close()
    await this.diary.close()
  }

  #byStaff(): Pick<Made, 'madeAt' | 'madeBy'> {
    return { madeAt: this.options.clock.now(), madeBy: { kind: 'staff' } }
  }

  async #make<T extends Arrangement>(id: ArrangementId, made: Made): Promise<T> {
    // A step of making always leaves an arrangement of the kind that was made.
    return (await this.diary.inTurn(id, () => this.diary.write(id, { type: 'made', made }))) as T
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

  #newKey(space: KeySpace, id: ArrangementId): string | undefined {
    const { clock, alarms } = this.options
    const now = clock.now()
    const key = this.#keys.make(space, now)
    const alarm = `codes.usedUp: ${space.name}`
    if (key === undefined) {
      alarms.raise(alarm, `${this.#keys.used(space, now)} of ${10 ** space.digits} were given out in 24 hours; no more are, until some are free again`)
      return undefined
    }
    alarms.clear(alarm)
    this.#keys.note(space, key, id, now)
    return key
  }

  #noteKeys(arrangement: Arrangement): void {
    if (arrangement.kind === 'patientConnect') this.#keys.note(pinSpace, arrangement.pin, arrangement.id, arrangement.madeAt)
    if (arrangement.kind === 'callBackCode') this.#keys.note(codeSpace(arrangement.number), arrangement.code, arrangement.id, arrangement.madeAt)
  }

  /**
   * A restart opens no lock and shortens none: the wrong guesses of the last days count on. What was not looked at (`tooSoon`, `locked`) was not
   * counted before the restart either.
   */
  async #rememberGuesses(now: number): Promise<void> {
    const places = new Map<string, KeyedAt | undefined>()
    for (const event of await this.options.facts.factsOf(['code.refused'], now - guessesKeptMs)) {
      if (event.type !== 'code.refused' || (event.why !== 'wrong' && event.why !== 'wrongAndLocked')) continue
      if (!places.has(event.callId)) places.set(event.callId, keyedIn(await this.options.facts.events(event.callId)))
      const where = places.get(event.callId)
      if (where) this.#guard.remember(guesserOf(where), placeOf(where), Math.max(0, now - event.at))
    }
  }
}

/** Where the keys of a call were entered, as its facts tell. */
function keyedIn(facts: readonly CallEvent[]): KeyedAt | undefined {
  const arrived = facts.find((one) => one.type === 'call.arrived')
  if (arrived?.type !== 'call.arrived') return undefined
  const { callId, callerNumber, callerAccount, dialledNumber, organisation } = arrived
  return { callId, callerNumber, ...(callerAccount === undefined ? {} : { callerAccount }), dialledNumber, ...(organisation === undefined ? {} : { organisation }) }
}
