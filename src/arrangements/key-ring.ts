import { createHmac, randomInt } from 'node:crypto'
import type { ArrangementId, KeptSecret } from '../facts/arrangement.js'

/** A code is not issued again for this long. */
export const keptMs = 24 * 60 * 60_000

/** With at most half of the space in use, two draws are enough on average; this many failures do not happen. */
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
 * What is stored of a PIN or code, and looked up: a keyed hash (HMAC-SHA-256, base64). A reader of the store without the key cannot try all of them, few as they
 * are; and the time of a look-up does not tell how much of a guess was right.
 * @param secret the key that all engines of a store share
 */
export function hashOf(secret: Buffer, space: KeySpace, key: string): string {
  return createHmac('sha256', secret).update(`${space.name}\n${key}`).digest('base64')
}

/** The same for the ledger's value: earlier versions stored PINs and codes in clear. */
export function hashOfKept(secret: Buffer, space: KeySpace, kept: KeptSecret): string {
  return 'hash' in kept ? kept.hash : hashOf(secret, space, kept.plain)
}

/** The issued PINs and codes, by their hashes: draws new ones, finds the arrangement of a keyed one. */
export class KeyRing {
  /** By space, in order of issue: hash and wall-clock ms. */
  readonly #spaces = new Map<string, Map<string, { readonly id: ArrangementId; readonly at: number }>>()

  /** @param draw a whole number below the limit, uniformly. Default: `node:crypto` */
  constructor(private readonly draw: (limit: number) => number = randomInt) {}

  /** How many of this space were used in the last 24 hours. */
  used(space: KeySpace, now: number): number {
    return this.#current(space, now).size
  }

  /** @returns a key unused in the last 24 hours, and its hash; undefined when more than half of the space is in use: guessing would be too easy */
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

  /** Notes a key as issued at `at` (wall-clock ms); call in time order. */
  note(space: KeySpace, hash: string, id: ArrangementId, at: number): void {
    const keys = this.#spaces.get(space.name) ?? new Map<string, { readonly id: ArrangementId; readonly at: number }>()
    this.#spaces.set(space.name, keys)
    keys.set(hash, { id, at })
  }

  /** The arrangement of a key. The arrangement itself says whether it is still valid. */
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
