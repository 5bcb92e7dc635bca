import type { Accounts } from '../accounts/accounts.js'
import { alarmsWithin } from '../accounts/reach-of-alarms.js'
import type { AlarmBoard } from '../alarms/alarm-board.js'
import type { Clock } from '../clock/clock.js'
import type { Directory } from '../directory/model.js'
import { monthsUntil } from '../figures/summary.js'
import { whenIn } from '../figures/roll-up.js'
import { onNewAlarms } from './new-alarms.js'
import type { Outbox } from './outbox.js'
import { reachNow } from './reach-now.js'
import { UnderWay } from './under-way.js'

const hour = 60 * 60_000

export interface OccasionsSettings {
  readonly outbox: Outbox
  readonly accounts: Accounts
  readonly alarms: Pick<AlarmBoard, 'subscribe'>
  readonly directory: () => Directory
  readonly clock: Clock
  /** Called with what could not be put into the outbox. */
  readonly trouble: (error: unknown) => void
}

/** Puts messages in for people who subscribed: when an alarm is raised, and when a month is over. @returns stops it once messages under way are in */
export function watchOccasions({ outbox, accounts, alarms, directory, clock, trouble }: OccasionsSettings): () => Promise<void> {
  const underWay = new UnderWay(trouble)

  const unsubscribe = onNewAlarms(alarms, (one) => {
    void underWay.begin(async () => {
      for (const person of await outbox.subscribers('alarms')) {
        const reach = await reachNow(accounts, person, 'alarms')
        if (reach && alarmsWithin([one], reach, directory()).length > 0)
          await outbox.put(
            person,
            { kind: 'alarm', alarm: one.alarm, raisedAt: one.since },
            `alarm ${one.alarm} ${Math.floor(one.since / hour)} ${person}`,
          )
      }
    })
  })

  /** The month just ended, to each once, from the engine that looks first. */
  async function monthly(): Promise<void> {
    const [last = ''] = monthsUntil(whenIn(clock.now()).month, 2)
    for (const person of await outbox.subscribers('summary'))
      if (await reachNow(accounts, person, 'reports'))
        await outbox.put(person, { kind: 'summary', month: last }, `summary ${last} ${person}`)
  }

  let cancel = (): void => undefined
  const look = () => {
    void underWay.begin(monthly)
    cancel = clock.after(hour, look)
  }
  look()
  return async () => {
    unsubscribe()
    cancel()
    await underWay.over()
  }
}
