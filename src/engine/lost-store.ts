import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyRing } from '../keys/key-ring.js'
import { sealedEnding } from '../sealing/format.js'
import type { Ground } from './ground.js'

/** A store without keys beside sealed recordings: their keys were in another store. Checked after the start. */
export function warnOfLostStore({ settings, alarms }: Ground, keys: KeyRing): void {
  if (keys.purposes.length > 0) return
  void firstSealed(settings.recordingsFolder).then(
    (found) => {
      if (found !== undefined)
        alarms.raise(
          'keys.storeLost',
          `${found} and perhaps others are sealed under keys of another store; this one is new. Put the database that belongs to them back (npm run store -- restore FILE)`,
        )
    },
    () => undefined,
  )
}

/** @returns undefined where there is none */
async function firstSealed(folder: string): Promise<string | undefined> {
  const folders: string[] = []
  for await (const entry of await opendir(folder)) {
    const path = join(folder, entry.name)
    if (entry.isFile() && entry.name.endsWith(sealedEnding)) return path
    // Files growing there belong to this run, or are thrown away.
    if (entry.isDirectory() && !entry.name.startsWith('.')) folders.push(path)
  }
  for (const below of folders) {
    const found = await firstSealed(below)
    if (found !== undefined) return found
  }
  return undefined
}
