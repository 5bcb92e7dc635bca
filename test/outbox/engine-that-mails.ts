import { writeSync } from 'node:fs'
import { systemClock } from '../../src/clock/system-clock.js'
import { smtpMail } from '../../src/outbox/mail.js'
import { Outbox } from '../../src/outbox/outbox.js'
import { byMail, Sender } from '../../src/outbox/sender.js'
import { openStore } from '../../src/store/store.js'

/**
 * A process that puts messages into the outbox and sends them, until it is killed. It says `put <person>` on its standard output when one is kept. Its clock runs ahead by some minutes each round, so that what the
 * last one had in hand is free again.
 */
const [file = '', round = '0', url = ''] = process.argv.slice(2)
const alarms = { raise: (alarm: string, detail: string) => void writeSync(2, `${alarm} ${detail}\n`), clear: () => undefined }
const store = await openStore({ file, alarms })
const now = () => Date.now() + Number(round) * 5 * 60_000
const outbox = new Outbox({ tables: store.tables, now })
const mail = await smtpMail(url, 'Ringround <advice@example.nhs.uk>')
const letterOf = ({ person }: { readonly person: string }) =>
  Promise.resolve({ to: `${person}@example.nhs.uk`, subject: 'A message', text: person, html: `<p>${person}</p>` })
new Sender({ outbox, carrier: byMail(mail, letterOf), alarms, clock: { ...systemClock, now } })
for (let n = 0; ; n++) {
  const person = `r${round}-${n}`
  if (await outbox.put(person, { kind: 'test' })) writeSync(1, `put ${person}\n`)
  if (n % 8 === 7) await new Promise((resolve) => setTimeout(resolve, 20))
}
