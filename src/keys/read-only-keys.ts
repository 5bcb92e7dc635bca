import { entriesOf } from '../store/questions/ledger-entries.js'
import { recordingKey } from '../store/questions/recording-keys.js'
import type { LedgerEntry } from '../store/ledger.js'
import { paged } from '../store/paged.js'
import type { Db } from '../store/statements.js'
import { KeyRing, KeysUnavailable, type KeyRingSettings } from './key-ring.js'

/** Rows that are in memory at a time. */
const rowsPerPage = 1_000

/** The keys for a command that only reads: it makes none, and an engine may run. Undefined: there are none yet. */
export async function readOnlyKeys(db: Db, { master, alarms }: Pick<KeyRingSettings, 'master' | 'alarms'>): Promise<KeyRing | undefined> {
  const entries = (from: number) =>
    paged(rowsPerPage, (limit, after: LedgerEntry | undefined) => entriesOf(db, 'key', after ? after.seq + 1 : from, limit))
  const first = await entries(0).next()
  if (first.done === true) return undefined
  const keys = await KeyRing.open({
    master,
    alarms,
    recordingKeys: { find: (which) => recordingKey(db, which), keep: refuse, wrap: refuse, async *all() {} },
    ledger: { append: refuse, entries: (_topic, from = 0) => entries(from) },
  })
  // It does not wait for a master key that may come.
  keys.close()
  return keys
}

function refuse(): Promise<never> {
  return Promise.reject(new KeysUnavailable('no key is made here'))
}
