import type { FindKey } from '../sealing/sealed-file.js'
import type { RecordingKeys } from '../store/store.js'
import { KeyRing, KeysUnavailable, type KeyRingSettings } from './key-ring.js'

/** Finds keys for a command that only reads: it makes none. */
export async function readOnlyKeys({
  entries,
  recordingKey,
  master,
  alarms,
}: Pick<KeyRingSettings, 'master' | 'alarms'> & {
  readonly recordingKey: RecordingKeys['find']
  readonly entries: (from: number) => ReturnType<KeyRingSettings['ledger']['entries']>
}): Promise<FindKey> {
  const first = await entries(0)[Symbol.asyncIterator]().next()
  if (first.done === true) return () => Promise.resolve(undefined)
  const keys = await KeyRing.open({
    master,
    alarms,
    recordingKeys: { find: recordingKey, keep: refuse, wrap: refuse, async *all() {} },
    ledger: { append: refuse, entries: (_topic, from = 0) => entries(from) },
  })
  // It does not wait for a master key that may come.
  keys.close()
  return (id) => keys.find(id)
}

function refuse(): Promise<never> {
  return Promise.reject(new KeysUnavailable('no key is made here'))
}
