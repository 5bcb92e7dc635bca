import { readFile, rename } from 'node:fs/promises'
import { isRecord } from '../directory/entities.js'
import type { RotaVersion } from '../directory/rota-history.js'
import type { KeptDirectory } from '../store/kept-directory.js'

/**
 * Migrates the rotas' history from the file of an earlier version into the store; the file is then put aside. Does nothing without one.
 * Killed at any moment, it runs again at the next start, without duplicates. Rejects if the file is damaged or the store cannot be written.
 */
export async function takeOverEarlierRotas(file: string, store: KeptDirectory): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return
  const rotas: RotaVersion[] = []
  // A last line cut short by a crash was never acknowledged.
  for (const [index, row] of text.split('\n').slice(0, -1).entries()) {
    const version = parseVersion(row)
    if (version === undefined) throw new Error(`${file}:${index + 1}: the rota history is damaged`)
    rotas.push(version)
  }
  await store.keepEarlierRotas(rotas)
  await rename(file, `${file}.in-store`)
}

/** Only engines wrote it; this checks that the row is whole. */
function parseVersion(row: string): RotaVersion | undefined {
  try {
    const value: unknown = JSON.parse(row)
    return isRecord(value) && 'validFrom' in value && 'rota' in value && 'timeZone' in value ? (value as unknown as RotaVersion) : undefined
  } catch {
    return undefined
  }
}
