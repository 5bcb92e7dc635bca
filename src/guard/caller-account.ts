import { createHmac, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Bytes of the key, and of the hash of a number. */
const keyBytes = 32
const accountBytes = 12

/**
 * The name under which a caller who withholds their number is counted by the limits: a keyed hash of the number (HMAC-SHA-256). The same
 * caller has the same one; without the key, numbers cannot be tried until one matches.
 * @param number in one form, however networks write it
 */
export function accountOf(key: Buffer, number: string): string {
  return `withheld:${createHmac('sha256', key).update(number).digest().subarray(0, accountBytes).toString('hex')}`
}

/**
 * The key for that, which only the engine may read. Kept, so that a restart lifts no lock; if it cannot be, no call is refused for that.
 * @param onProblem called with one line when the key is good for this run alone
 */
export function accountKey(file: string, onProblem: (problem: string) => void): Buffer {
  try {
    const kept = readKey(file)
    if (kept) return kept
  } catch (error) {
    onProblem(forThisRun(file, 'read', error))
    return randomBytes(keyBytes)
  }
  const key = randomBytes(keyBytes)
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${key.toString('hex')}\n`, { mode: 0o600 })
  } catch (error) {
    onProblem(forThisRun(file, 'written', error))
  }
  return key
}

function forThisRun(file: string, what: 'read' | 'written', error: unknown): string {
  return `${file} cannot be ${what} (${(error as NodeJS.ErrnoException).code ?? String(error)}): callers who withhold their number are counted from the start again after a restart`
}

/** Undefined where there is none, or the file holds something else. */
function readKey(file: string): Buffer | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim()
    return /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
