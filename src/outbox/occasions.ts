import type { Accounts } from '../accounts/accounts.js'
import { inForce } from '../accounts/grants.js'
import { reachOfGrants, type Reach } from '../accounts/identity.js'
import { alarmsWithin } from '../accounts/reach-of-alarms.js'
import type { AlarmName } from '../alarms/alarm-list.js'
import type { AlarmBoard } from '../alarms/alarm-board.js'
import type { Clock } from '../clock/clock.js'
import type { Directory } from '../directory/model.js'
import { monthsUntil } from '../figures/summary.js'
import { whenIn } from '../figures/roll-up.js'
import type { Outbox } from './outbox.js'

const hour = 60 * 60_000

export interface OccasionsSettings {
  readonly outbox: Outbox
  readonly accounts: Accounts
  readonly alarms: Pick<AlarmBoard, 'subscribe'>
  readonly directory: () => Directory
  readonly clock: Clock
  /** Told of what could not be put into the outbox. */
  readonly trouble: (error: unknown) => void
}

/** Puts messages in for those who asked for them: when an alarm comes up, and when a month is over. @returns ends it, once what is under way is in */
export function watchOccasions({ outbox, accounts, alarms, directory, clock, trouble }: OccasionsSettings): () => Promise<void> {
  const working = new Set<Promise<void>>()
  const begin = (work: () => Promise<void>) => {
    const one: Promise<void> = work()
      .catch(trouble)
      .finally(() => working.delete(one))
    working.add(one)
  }

  /** Of how many lines and organisations each has been told: one that reaches another is news to those who look after that. */
  const told = new Map<AlarmName, number>()

  /** One that comes and goes is told of once an hour. Those of low urgency stand on the page. */
  const unsubscribe = alarms.subscribe((one, up) => {
    const { alarm, severity, since, times, about = [] } = one
    const whose = about.length
    const isNew = times === 1 || whose > (told.get(alarm) ?? whose)
    if (up) told.set(alarm, whose)
    else told.delete(alarm)
    if (!up || !isNew || severity === 'minor') return
    begin(async () => {
      for (const person of await outbox.subscribers('alarms')) {
        const reach = await reachNow(person, 'alarms')
        if (reach && alarmsWithin([one], reach, directory()).length > 0) await outbox.put(person, { kind: 'alarm', alarm, raisedAt: since }, `alarm ${alarm} ${Math.floor(since / hour)} ${person}`)
      }
    })
  })

  /** The month that is over, to each once: whichever engine looks first. */
  async function monthly(): Promise<void> {
    const [last = ''] = monthsUntil(whenIn(clock.now()).month, 2)
    for (const person of await outbox.subscribers('summary')) if (await reachNow(person, 'reports')) await outbox.put(person, { kind: 'summary', month: last }, `summary ${last} ${person}`)
  }

  /** How far they see it, now; undefined: not at all. */
  async function reachNow(id: string, permission: 'alarms' | 'reports'): Promise<Reach | undefined> {
    const person = await accounts.person(id)
    if (!person || person.disabledAt !== undefined) return undefined
    const grants = (await accounts.grants(id)).filter((grant) => inForce(grant, accounts.now()))
    const reach = reachOfGrants({ person, grants }, permission)
    return reach.everywhere || reach.organisations.size + reach.lines.size > 0 ? reach : undefined
  }

  let cancel = (): void => undefined
  const look = () => {
    begin(monthly)
    cancel = clock.after(hour, look)
  }
  look()
  return async () => {
    unsubscribe()
    cancel()
    await Promise.all(working)
  }
}
