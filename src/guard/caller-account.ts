import { createHmac, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Bytes of the key, and of what is left of a number. */
const keyBytes = 32
const accountBytes = 12

/**
 * The name under which somebody who withholds their number is counted by the limits: a keyed hash of the number (HMAC-SHA-256). The same
 * caller has the same one; without the key nobody can try numbers until they find whose it is.
 * @param number in one form, however networks write it
 */
export function accountOf(key: Buffer, number: string): string {
  return `withheld:${createHmac('sha256', key).update(number).digest().subarray(0, accountBytes).toString('hex')}`
}

/**
 * The key for that, which nobody but the engine may read. Kept, so that a restart opens no lock.
 * @throws when it can be neither read nor written
 */
export function accountKey(file: string): Buffer {
  const kept = readKey(file)
  if (kept) return kept
  mkdirSync(dirname(file), { recursive: true })
  const key = randomBytes(keyBytes)
  writeFileSync(file, `${key.toString('hex')}\n`, { mode: 0o600 })
  return key
}

/** Undefined where there is none, or something else stands in the file. */
function readKey(file: string): Buffer | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim()
    return /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
