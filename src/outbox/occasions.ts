import type { Accounts } from '../accounts/accounts.js'
import { inForce } from '../accounts/grants.js'
import { reachOfGrants } from '../accounts/identity.js'
import type { AlarmBoard } from '../alarms/alarm-board.js'
import type { Clock } from '../clock/clock.js'
import { monthsUntil } from '../figures/summary.js'
import { whenIn } from '../figures/roll-up.js'
import type { Outbox } from './outbox.js'

const hour = 60 * 60_000

export interface OccasionsSettings {
  readonly outbox: Outbox
  readonly accounts: Accounts
  readonly alarms: Pick<AlarmBoard, 'subscribe'>
  readonly clock: Clock
  /** Told of what could not be put into the outbox. */
  readonly trouble: (error: unknown) => void
}

/** Puts messages in for those who asked for them: when an alarm comes up, and when a month is over. @returns ends it, once what is under way is in */
export function watchOccasions({ outbox, accounts, alarms, clock, trouble }: OccasionsSettings): () => Promise<void> {
  const working = new Set<Promise<void>>()
  const begin = (work: () => Promise<void>) => {
    const one: Promise<void> = work()
      .catch(trouble)
      .finally(() => working.delete(one))
    working.add(one)
  }

  /** One that comes and goes is told of once an hour. Those of low urgency stand on the page. */
  const unsubscribe = alarms.subscribe(({ alarm, severity, since, times }, up) => {
    if (!up || times > 1 || severity === 'minor') return
    begin(async () => {
      for (const person of await outbox.subscribers('alarms')) {
        if (await may(person, 'live')) await outbox.put(person, { kind: 'alarm', alarm, raisedAt: since }, `alarm ${alarm} ${Math.floor(since / hour)} ${person}`)
      }
    })
  })

  /** The month that is over, to each once: whichever engine looks first. */
  async function monthly(): Promise<void> {
    const [last = ''] = monthsUntil(whenIn(clock.now()).month, 2)
    for (const person of await outbox.subscribers('summary')) if (await may(person, 'reports')) await outbox.put(person, { kind: 'summary', month: last }, `summary ${last} ${person}`)
  }

  /** Whether they may see it at all, now. */
  async function may(id: string, permission: 'live' | 'reports'): Promise<boolean> {
    const person = await accounts.person(id)
    if (!person || person.disabledAt !== undefined) return false
    const grants = (await accounts.grants(id)).filter((grant) => inForce(grant, accounts.now()))
    const { everywhere, organisations, lines } = reachOfGrants({ person, grants }, permission)
    return everywhere || organisations.size + lines.size > 0
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
