import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What opens something (a cookie, a link, a token) is 256 random bits; the store keeps its SHA-256, so reading the store opens nothing. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Of a secret of {@link newSecret}: it cannot be guessed, so that no slow hash is needed. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Short ids of what may be seen: people, sessions, grants. 60 bits. */
export function newId(prefix: string): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  return `${prefix}-${[...randomBytes(12)].map((byte) => letters[byte % letters.length] ?? 'a').join('')}`
}

/** Compares without telling by its time how much is right. */
export function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(hashOf(one)), Buffer.from(hashOf(other))]
  return timingSafeEqual(a, b)
}
