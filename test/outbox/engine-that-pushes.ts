import { systemClock } from '../../src/clock/system-clock.js'
import { emptyDirectory } from '../../src/directory/empty-directory.js'
import { Outbox } from '../../src/outbox/outbox.js'
import { PushBook } from '../../src/outbox/push/book.js'
import { byPush } from '../../src/outbox/push/carrier.js'
import { keyPairOf } from '../../src/outbox/push/key-pair.js'
import { Sender } from '../../src/outbox/sender.js'
import { openStore } from '../../src/store/store.js'

/** A process that sends what is in the outbox for browsers, until it is killed. */
const [file = '', key = '', service = ''] = process.argv.slice(2)
const alarms = { raise: () => undefined, clear: () => undefined }
const store = await openStore({ file, alarms })
const now = () => Date.now()
const outbox = new Outbox({ tables: store.tables, now })
const book = new PushBook({ db: store.tables.writing, now })
new Sender({
  outbox,
  carrier: byPush({
    book,
    contact: 'mailto:advice@example.nhs.uk',
    services: [service],
    keyPair: () => Promise.resolve(keyPairOf(Buffer.from(key, 'hex'))),
    directory: () => emptyDirectory,
    now,
  }),
  alarms,
  clock: systemClock,
})
