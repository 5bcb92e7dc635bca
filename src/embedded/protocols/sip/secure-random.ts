import { randomFillSync, randomInt } from 'node:crypto'

/** Bytes fetched from the system at a time: a fetch for each identifier would cost more than the identifier's message. */
const POOL_BYTES = 4096

const pool = Buffer.allocUnsafe(POOL_BYTES)
let used = POOL_BYTES

/**
 * Random text from the operating system's source, for values that must not be guessable (RFC 3261 19.3: tags "cryptographically random").
 * @param bytes of randomness, at most 64; the text has two hexadecimal digits for each
 */
export function randomHex(bytes: number): string {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const text = pool.toString('hex', used, used + bytes)
  // Bytes handed out must not remain in memory, and are never handed out twice.
  pool.fill(0, used, used + bytes)
  used += bytes
  return text
}

/** A whole number in [0, limit), each equally likely; from the same source. */
export function randomBelow(limit: number): number {
  return randomInt(limit)
}
