import type { Accounts } from '../../accounts/accounts.js'
import { alarmsWithin } from '../../accounts/reach-of-alarms.js'
import type { AlarmBoard } from '../../alarms/alarm-board.js'
import type { Clock } from '../../clock/clock.js'
import type { ClinicianId, Directory, LineId } from '../../directory/model.js'
import { onSoon } from '../../directory/on-soon.js'
import { cliniciansOf } from '../../directory/rota.js'
import type { Store } from '../../store/store.js'
import type { About } from '../message.js'
import { onNewAlarms } from '../new-alarms.js'
import type { Outbox } from '../outbox.js'
import { reachNow } from '../reach-now.js'
import { UnderWay } from '../under-way.js'
import type { PushBook, PushSubscription } from './book.js'

const minute = 60_000
const hour = 60 * minute
const lookEveryMs = minute / 2
const toldBeforeMs = 15 * minute
/** A clinician who has just hung up is about to leave the outcome: they get a notice after this long without one, and none about older calls. */
const outcomeAfterMs = 10 * minute
const outcomeBeforeMs = 6 * hour
/** An engine that was down reports what became due meanwhile, as far back as this. */
const dueBeforeMs = hour
const maxCalls = 20

export interface PushOccasionsSettings {
  readonly outbox: Pick<Outbox, 'put'>
  readonly book: PushBook
  readonly accounts: Accounts
  readonly alarms: Pick<AlarmBoard, 'subscribe'>
  readonly store: Pick<Store, 'calls'>
  /** Open call-backs of a clinician that became due from `from` on, before `to`. */
  readonly callBacksDue: (
    clinician: ClinicianId,
    from: number,
    to: number,
  ) => readonly { readonly id: string; readonly line: LineId; readonly dueAt: number }[]
  readonly directory: () => Directory
  readonly clock: Clock
  /** Called with what could not be put into the outbox. */
  readonly trouble: (error: unknown) => void
}

/**
 * Puts in notices to browsers. Every engine looks; each notice has a key of its own for each browser, so that only the first engine to look puts it in.
 * @returns stops it once notices under way are in
 */
export function watchPushOccasions({
  outbox,
  book,
  accounts,
  alarms,
  store,
  callBacksDue,
  directory,
  clock,
  trouble,
}: PushOccasionsSettings): () => Promise<void> {
  const underWay = new UnderWay(trouble)

  const unsubscribe = onNewAlarms(alarms, (one) => {
    void underWay.begin(async () => {
      for (const [person, browsers] of await book.all()) {
        if (!(await book.wishes(person)).has('alarm')) continue
        const reach = await reachNow(accounts, person, 'alarms')
        if (reach && alarmsWithin([one], reach, directory()).length > 0)
          await tell(browsers, { kind: 'alarm', alarm: one.alarm, at: one.since }, `alarm ${one.alarm} ${Math.floor(one.since / hour)}`)
      }
    })
  })

  async function look(): Promise<void> {
    await book.tidy()
    for (const [person, browsers] of await book.all()) {
      const [clinician] = (await reachNow(accounts, person, 'pocket'))?.clinicians ?? []
      if (clinician === undefined) continue
      const wishes = await book.wishes(person)
      const now = clock.now()
      if (wishes.has('onSoon'))
        for (const { line, at } of comingOn(clinician, now)) await tell(browsers, { kind: 'onSoon', line, at }, `on ${line} ${at}`)
      if (wishes.has('callBackDue'))
        for (const { id, line, dueAt } of callBacksDue(clinician, now - dueBeforeMs, now))
          await tell(browsers, { kind: 'callBackDue', callBack: id, line, at: dueAt }, `call-back ${id} ${dueAt}`)
      if (wishes.has('outcomeOpen'))
        for (const { callId, line, arrivedAt } of await openCalls(clinician, now))
          await tell(
            browsers,
            { kind: 'outcomeOpen', call: callId, ...(line === null ? {} : { line }), at: arrivedAt },
            `outcome ${callId}`,
          )
    }
  }

  function comingOn(clinician: ClinicianId, now: number): readonly { readonly line: LineId; readonly at: number }[] {
    const known = directory()
    return [...known.rotas.values()].flatMap((rota) => {
      const line = known.lines.get(rota.line)
      const at = line && cliniciansOf(rota).includes(clinician) ? onSoon(known, line, clinician, now, toldBeforeMs) : undefined
      return line === undefined || at === undefined ? [] : [{ line: line.id, at }]
    })
  }

  async function openCalls(clinician: ClinicianId, now: number) {
    const { calls } = await store.calls({ within: [{ clinician }, { assigned: clinician }], outcome: 'open', limit: maxCalls })
    return calls.filter(
      ({ endedAt, talked }) => talked && endedAt !== null && endedAt <= now - outcomeAfterMs && endedAt > now - outcomeBeforeMs,
    )
  }

  async function tell(browsers: readonly PushSubscription[], about: About, key: string): Promise<void> {
    for (const { id, person } of browsers) await outbox.put(person, { kind: 'push', subscription: id, about }, `push ${key} ${id}`)
  }

  let cancel = (): void => undefined
  let closed = false
  const lookRegularly = () =>
    void underWay.begin(look).then(() => {
      if (!closed) cancel = clock.after(lookEveryMs, lookRegularly)
    })
  lookRegularly()
  return async () => {
    closed = true
    unsubscribe()
    cancel()
    await underWay.over()
  }
}
