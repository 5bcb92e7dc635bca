import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A sentence for FreeSWITCH to play: the longest, so that it still plays when checked. @returns undefined if there is none */
export function promptToPlay(promptsFolder: string): string | undefined {
  const files = ['recorded', 'rendered'].flatMap((folder) => wavsIn(join(promptsFolder, folder)))
  return files.sort((a, b) => b.octets - a.octets)[0]?.path
}

function wavsIn(folder: string): readonly { readonly path: string; readonly octets: number }[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.wav'))
      .map((name) => ({ path: join(folder, name), octets: statSync(join(folder, name)).size }))
  } catch {
    return []
  }
}
