import { existsSync, statSync } from 'node:fs'
import { appendTo } from '../common/lists-by-key.js'
import { messageOf } from '../common/errors.js'
import { masterKeys, NoMasterKey, type MasterKeySource } from '../keys/master-key.js'
import { openForAsking } from '../store/open-for-asking.js'
import { entriesOf } from '../store/questions/ledger-entries.js'
import { fine, look, wrong, type Finding } from './finding.js'

export interface KeysPlace {
  readonly source: MasterKeySource
  readonly store: Parameters<typeof openForAsking>[0]
}

const openToOthers = 0o077
const maxEntries = 100_000

/** Whether the master key is available, wraps the keys of the store, and is unreadable to others. */
export async function masterKeyAtHand({ source, store }: KeysPlace): Promise<readonly Finding[]> {
  const by = await wrappedBy(store)
  if (typeof by !== 'object')
    return [look(`the keys of the store cannot be looked at: ${by}`, 'run the doctor again when the database answers')]
  if (source.kind === 'file' && !existsSync(source.path) && by.size === 0)
    return [fine(`no master key yet: the first start makes ${source.path}`)]
  try {
    const masters = await masterKeys(source, false)
    const names = new Set(masters.map(({ name }) => name))
    const missing = [...by].filter(([, wrappers]) => !wrappers.some((name) => names.has(name)))
    const [lost] = missing
    return [
      ...(source.kind === 'text' ? [] : rights(source.kind === 'file' ? source.path : source.wrapped)),
      lost === undefined
        ? fine(`the master key ${masters[0].name} opens all ${by.size} keys of the store`)
        : wrong(
            `the master key at hand is ${masters[0].name}, and ${missing.length} of ${by.size} keys of the store are wrapped by ${lost[1].at(-1) ?? ''}`,
            'put the master key back under which the store was made (docs/sealing.md); what is sealed opens with it alone',
          ),
    ]
  } catch (error) {
    if (!(error instanceof NoMasterKey)) throw error
    return [
      wrong(
        error.message,
        by.size === 0
          ? 'look at keys.masterFile, keys.master or keys.masterCommand'
          : 'put it back from its copy: what is sealed opens with it alone (docs/sealing.md)',
      ),
    ]
  }
}

function rights(path: string): readonly Finding[] {
  if (process.platform === 'win32') return []
  const mode = statSync(path).mode & 0o777
  return (mode & openToOthers) === 0
    ? []
    : [
        wrong(
          `${path} can be read or written by others (mode ${mode.toString(8)})`,
          `chmod 600 ${path}, and change the key if others use this machine (npm run keys -- rotate)`,
        ),
      ]
}

/** For each key of the store, the names of all master keys that ever wrapped it; or why that is unknown. */
async function wrappedBy(store: KeysPlace['store']): Promise<ReadonlyMap<string, readonly string[]> | string> {
  const by = new Map<string, string[]>()
  if (store.postgres === undefined && !existsSync(store.file)) return by
  try {
    const database = await openForAsking(store)
    try {
      for (const { data } of await entriesOf(database.db, 'key', 0, maxEntries)) {
        // As `KeyRing` writes it; other entries have no `by`.
        const { id, by: name } = data as { readonly id?: string; readonly by?: string }
        if (id !== undefined && name !== undefined) appendTo(by, id, name)
      }
      return by
    } finally {
      await database.close()
    }
  } catch (error) {
    return messageOf(error)
  }
}
