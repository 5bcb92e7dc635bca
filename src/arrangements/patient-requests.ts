import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { LineId } from '../directory/model.js'
import { showNumber, toE164 } from '../directory/telephone-number.js'
import type { CallBack } from '../facts/arrangement.js'
import type { CallEvent } from '../facts/events.js'
import { stateOf } from './arrangement.js'
import type { Diary } from './diary.js'

/** A patient's requested call-back is due within this long. */
export const requestDueMs = 4 * 60 * 60_000

/** A caller who leaves more different numbers than this within an hour is unlikely to be a patient. */
export const requestsPerHour = 5
const hourMs = 60 * 60_000
const alarm = 'callBacks.many'
const namedInAlarm = 5

export type Requested = Extract<CallEvent, { type: 'callBack.requested' }>

export function requestId(callId: string): string {
  return `request-${callId}`
}

/**
 * Patients' requests by key, on numbers that anyone may ring. No request is ever dropped. A repeat of an open one for the same line and
 * number makes no second: it is noted on the first. From a caller's sixth different one within an hour they are
 * marked as suspicious, and `callBacks.many` is up for an hour. Callers who withhold their number are one caller.
 */
export class PatientRequests {
  /** The caller, by running call. */
  readonly #callers = new Map<string, Caller>()
  /** Until when (monotonic ms) the alarm names each caller. */
  readonly #many = new Map<string, number>()
  #cancelTimer: (() => void) | undefined

  constructor(
    private readonly diary: Diary,
    private readonly clock: Clock,
    private readonly alarms: Alarms,
  ) {
    // A restart clears no alarm.
    for (const { madeBy, madeAt, line } of this.#requests()) if (madeBy.suspicious) this.#seenMany(countedAs(madeBy), madeAt, line)
  }

  /** Follows a running call. */
  follow(event: CallEvent): void {
    if (event.type === 'call.arrived') this.#callers.set(event.callId, event)
    if (event.type === 'callBack.requested') void this.keep(event, this.#callers.get(event.callId))
    if (event.type === 'call.ended') this.#callers.delete(event.callId)
  }

  /**
   * Keeps a request, once, however often it is told. Never rejects.
   * @param caller by the call's arrival; undefined if no fact says
   */
  async keep(event: Requested, caller: Caller | undefined): Promise<void> {
    const { line, number, callId } = event
    // Of two simultaneous requests for a number the second finds the first.
    await this.diary.inTurnOfAll(`requests of ${number} on ${line}`, async () => {
      if (this.diary.get(requestId(callId)) || this.#requests().some(({ repeats = [] }) => repeats.some(({ call }) => call === callId)))
        return
      if (!(await this.#repeat(event))) await this.#make(event, caller)
    })
  }

  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  /** @returns false when none is open */
  async #repeat({ line, number, callId, at }: Requested): Promise<boolean> {
    const isOpen = (one: CallBack) => one.line === line && one.patientNumber === number && stateOf(one, this.clock.now()) === 'open'
    const id = this.#requests().find(isOpen)?.id
    if (id === undefined) return false
    return this.diary.inTurn(id, async () => {
      const now = this.diary.get(id)
      // It may have been settled meanwhile: then this is a new request.
      if (now?.kind !== 'callBack' || !isOpen(now)) return false
      await this.diary.note(id, { type: 'askedAgain', call: callId, at })
      // So that a later start, which reads the fact again, finds it handled, whatever became of that one.
      await this.diary.note(requestId(callId), { type: 'repeats', of: id })
      return true
    })
  }

  #make({ line, number, callId, at }: Requested, by: Caller | undefined): Promise<unknown> {
    return this.diary.inTurn(requestId(callId), () => {
      const caller = by && toE164(by.callerNumber)
      const known = {
        ...(caller === undefined ? {} : { caller }),
        ...(by?.callerAccount === undefined ? {} : { account: by.callerAccount }),
      }
      const who = countedAs(known)
      const lately = this.#requests().filter((one) => countedAs(one.madeBy) === who && one.madeAt > at - hourMs && one.madeAt <= at)
      const suspicious = who !== undefined && lately.length >= requestsPerHour
      if (suspicious) this.#seenMany(who, at, line)
      const madeBy = {
        kind: 'patient',
        call: callId,
        ...known,
        ...(caller === undefined ? {} : { keyed: toE164(number) !== caller }),
        ...(suspicious ? { suspicious } : {}),
      } as const
      return this.diary.note(requestId(callId), {
        type: 'made',
        made: { kind: 'callBack', madeAt: at, madeBy, line, patientNumber: number, dueAt: at + requestDueMs },
      })
    })
  }

  #requests(): (CallBack & { readonly madeBy: { readonly kind: 'patient' } })[] {
    return [...this.diary.values()].filter(isRequest)
  }

  #seenMany(caller: string | undefined, at: number, line: LineId): void {
    const leftMs = at + hourMs - this.clock.now()
    if (caller === undefined || leftMs <= 0) return
    this.#many.delete(caller)
    this.#many.set(caller, this.clock.monotonic() + Math.min(hourMs, leftMs))
    const names = [...this.#many.keys()]
      .slice(-namedInAlarm)
      .map((one) =>
        one === '' ? 'callers who withhold their number' : one.startsWith('withheld:') ? 'one who withholds their number' : showNumber(one),
      )
    const more = this.#many.size - names.length
    this.alarms.raise(
      alarm,
      `more than ${requestsPerHour} different numbers were left to be called back within an hour by ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}; look at them before they are called`,
      [{ line }],
    )
    this.#awaitEnd()
  }

  #awaitEnd(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.clock.after(Math.min(...this.#many.values()) - this.clock.monotonic(), () => {
      for (const [caller, until] of this.#many) if (until <= this.clock.monotonic()) this.#many.delete(caller)
      if (this.#many.size === 0) this.alarms.clear(alarm)
      else this.#awaitEnd()
    })
  }
}

function isRequest(one: {
  readonly kind: string
  readonly madeBy: { readonly kind: string }
}): one is CallBack & { readonly madeBy: { readonly kind: 'patient' } } {
  return one.kind === 'callBack' && one.madeBy.kind === 'patient'
}

/** By the call's arrival. */
type Caller = Pick<Extract<CallEvent, { type: 'call.arrived' }>, 'callerNumber' | 'callerAccount'>

function countedAs({ caller, account }: { readonly caller?: string; readonly account?: string }): string | undefined {
  return account ?? caller
}
