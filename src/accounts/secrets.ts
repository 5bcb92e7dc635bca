import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret (cookie, link, token) is 256 random bits; the store keeps its SHA-256, so reading the store opens nothing. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** For a secret from {@link newSecret}: it cannot be guessed, so no slow hash is needed. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Short ids that may be seen: of people, sessions, grants. 60 bits. */
export function newId(prefix: string): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  return `${prefix}-${[...randomBytes(12)].map((byte) => letters[byte % letters.length] ?? 'a').join('')}`
}

/** Compares in constant time. */
export function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(hashOf(one)), Buffer.from(hashOf(other))]
  return timingSafeEqual(a, b)
}
