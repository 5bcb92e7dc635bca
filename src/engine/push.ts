import type { Accounts } from '../accounts/accounts.js'
import type { ArrangedCalls } from '../arrangements/arranged-calls.js'
import { systemClock } from '../clock/system-clock.js'
import type { Directory } from '../directory/model.js'
import type { KeyRing } from '../keys/key-ring.js'
import type { Outbox } from '../outbox/outbox.js'
import { PushBook } from '../outbox/push/book.js'
import { byPush } from '../outbox/push/carrier.js'
import { keyPairOf, type KeyPair } from '../outbox/push/key-pair.js'
import { watchPushOccasions } from '../outbox/push/occasions.js'
import { Sender } from '../outbox/sender.js'
import type { Store } from '../store/store.js'
import type { Ground } from './ground.js'

export interface PushParts {
  readonly outbox: Outbox
  readonly store: Store
  readonly accounts: Accounts
  readonly keys: Pick<KeyRing, 'first'>
  readonly arranged: Pick<ArrangedCalls, 'list'>
  readonly directory: () => Directory
}

/** Web Push to browsers. Undefined: `push.contact` is not set, and none is sent. */
export function openPush({ settings, log, alarms, opened }: Ground, { outbox, store, accounts, keys, arranged, directory }: PushParts) {
  const { pushContact: contact, pushServices: services } = settings
  if (contact === undefined) return undefined
  const now = () => systemClock.now()
  const book = new PushBook({ db: store.tables.writing, now })
  let pair: KeyPair | undefined
  const keyPair = async () => (pair ??= keyPairOf((await keys.first('codes')).key))
  const sender = new Sender({ outbox, carrier: byPush({ book, contact, services, keyPair, directory, now }), alarms, clock: systemClock })
  opened.push('the outbox for browsers', () => sender.close())
  const end = watchPushOccasions({
    ...{ outbox, book, accounts, alarms, store, directory, clock: systemClock },
    callBacksDue: (clinician, from, to) =>
      arranged
        .list({ kind: 'callBack', states: ['open'], clinician, from, to, limit: 200 })
        .arrangements.flatMap((one) => (one.kind === 'callBack' ? [one] : [])),
    trouble: (error) => log.warn({ err: error }, 'notifications for browsers could not be put into the outbox'),
  })
  opened.push('the occasions for browsers', end)
  return { book, services, publicKey: async () => (await keyPair()).publicKey }
}
