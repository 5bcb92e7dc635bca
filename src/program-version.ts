import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Version of this program, of its `package.json`: the nearest above this file, in `src` as in `dist`. `unknown` if there is none. */
export function programVersion(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        readonly name?: string
        readonly version?: string
      }
      if (name === 'ringround' && version !== undefined) return version
    } catch {
      // Not in this folder.
    }
  }
  return 'unknown'
}
