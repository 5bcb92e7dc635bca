import { createHmac, randomInt } from 'node:crypto'
import type { ArrangementId, KeptSecret } from '../facts/arrangement.js'

/** A code that was given out is given to nobody else for this long. */
export const keptMs = 24 * 60 * 60_000

/** With at most half of the space in use, two draws are enough on average; so many in vain do not happen. */
const drawsAtMost = 200

/** A space of keys: the six-digit PINs, or the four-digit codes of one number. */
export interface KeySpace {
  /** Unique among the spaces. */
  readonly name: string
  readonly digits: number
}

export const pinSpace: KeySpace = { name: 'pin', digits: 6 }

/** @param number on which the code is good */
export function codeSpace(number: string): KeySpace {
  return { name: `code ${number}`, digits: 4 }
}

/**
 * What is kept of a PIN or a code, and what it is looked up by: a keyed hash (HMAC-SHA-256, base64). A reader of the store without the key cannot try all of them, few as they
 * are; and how long a look-up takes says nothing of how much of a guess was right.
 * @param secret the key that all engines of a store share
 */
export function hashOf(secret: Buffer, space: KeySpace, key: string): string {
  return createHmac('sha256', secret).update(`${space.name}\n${key}`).digest('base64')
}

/** The same of what the ledger has: before, it kept PINs and codes as they were keyed. */
export function hashOfKept(secret: Buffer, space: KeySpace, kept: KeptSecret): string {
  return 'hash' in kept ? kept.hash : hashOf(secret, space, kept.plain)
}

/** The PINs and codes that were given out, by their hashes: draws new ones, finds whose a keyed one is. */
export class KeyRing {
  /** By space, in the order in which they were given out: hash and wall-clock ms. */
  readonly #spaces = new Map<string, Map<string, { readonly id: ArrangementId; readonly at: number }>>()

  /** @param draw a whole number below the limit, each as likely as the others. Default: `node:crypto` */
  constructor(private readonly draw: (limit: number) => number = randomInt) {}

  /** Used within the last 24 hours, of this space. */
  used(space: KeySpace, now: number): number {
    return this.#current(space, now).size
  }

  /** @returns a key that nobody had in the last 24 hours, and its hash; undefined when more than half of the space is in use: guessing gets too easy */
  make(secret: Buffer, space: KeySpace, now: number): { readonly key: string; readonly hash: string } | undefined {
    const current = this.#current(space, now)
    const size = 10 ** space.digits
    if (current.size >= size / 2) return undefined
    for (let draws = 0; draws < drawsAtMost; draws++) {
      const key = String(this.draw(size)).padStart(space.digits, '0')
      const hash = hashOf(secret, space, key)
      if (!current.has(hash)) return { key, hash }
    }
    return undefined
  }

  /** Notes a key as given out, at `at` (wall-clock ms); in the order of their times. */
  note(space: KeySpace, hash: string, id: ArrangementId, at: number): void {
    const keys = this.#spaces.get(space.name) ?? new Map<string, { readonly id: ArrangementId; readonly at: number }>()
    this.#spaces.set(space.name, keys)
    keys.set(hash, { id, at })
  }

  /** Whose the key is. Whether it is still good, the arrangement itself says. */
  find(space: KeySpace, hash: string, now: number): ArrangementId | undefined {
    return this.#current(space, now).get(hash)?.id
  }

  #current(space: KeySpace, now: number): ReadonlyMap<string, { readonly id: ArrangementId; readonly at: number }> {
    const keys = this.#spaces.get(space.name)
    if (!keys) return new Map()
    for (const [hash, { at }] of keys) {
      if (at > now - keptMs) break
      keys.delete(hash)
    }
    return keys
  }
}
