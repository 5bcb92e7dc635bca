import type { Accounts } from '../accounts/accounts.js'
import { systemClock } from '../clock/system-clock.js'
import type { Directory } from '../directory/model.js'
import { letters } from '../outbox/letters.js'
import { smtpMail } from '../outbox/mail.js'
import { watchOccasions } from '../outbox/occasions.js'
import { Outbox } from '../outbox/outbox.js'
import { byMail, Sender } from '../outbox/sender.js'
import type { MonthSums } from '../reports/month-sums.js'
import type { Store } from '../store/store.js'
import type { Ground } from './ground.js'

/** Messages that go out by themselves. Without a mail server nothing is put in, except in the demo, which shows what would have been sent. */
export async function openOutbox(
  { settings, log, alarms, opened }: Ground,
  {
    store,
    sums,
    accounts,
    directory,
    url,
    demo,
  }: {
    readonly store: Store
    readonly sums: MonthSums
    readonly accounts: Accounts
    readonly directory: () => Directory
    readonly url: () => string
    readonly demo: boolean
  },
) {
  const outbox = new Outbox({ tables: store.tables, now: () => systemClock.now() })
  const { mailSmtp, mailFrom } = settings
  const mail = demo || mailSmtp === undefined || mailFrom === undefined ? undefined : await smtpMail(mailSmtp, mailFrom)
  if (!demo && !mail) return { outbox, mailing: 'none' } as const
  const sender = new Sender({
    outbox,
    carrier: byMail(mail, letters({ accounts, sums, directory, url })),
    alarms,
    clock: systemClock,
  })
  opened.push('the outbox', () => sender.close())
  const end = watchOccasions({
    outbox,
    accounts,
    alarms,
    directory,
    clock: systemClock,
    trouble: (error) => log.warn({ err: error }, 'a message could not be put into the outbox'),
  })
  opened.push('the occasions for messages', end)
  return { outbox, mailing: mail ? 'sent' : 'shown' } as const
}
