import { createHmac, randomBytes, randomInt } from 'node:crypto'
import type { ArrangementId } from '../calls/arrangements.js'

/** A code that was given out is given to nobody else for so long. */
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
 * The PINs and codes that were given out: draws new ones, finds whose a keyed one is. Looked up by a keyed hash, so that how long it takes says
 * nothing of how much of a guess was right.
 */
export class KeyRing {
  readonly #secret = randomBytes(32)
  /** By space, in the order in which they were given out: hash and wall-clock ms. */
  readonly #spaces = new Map<string, Map<string, { readonly id: ArrangementId; readonly at: number }>>()

  /** @param draw a whole number below the limit, each as likely as the others. Default: `node:crypto` */
  constructor(private readonly draw: (limit: number) => number = randomInt) {}

  /** Used within the last 24 hours, of this space. */
  used(space: KeySpace, now: number): number {
    return this.#current(space, now).size
  }

  /** @returns a key that nobody had in the last 24 hours; undefined when more than half of the space is in use: guessing gets too easy */
  make(space: KeySpace, now: number): string | undefined {
    const current = this.#current(space, now)
    const size = 10 ** space.digits
    if (current.size >= size / 2) return undefined
    for (let draws = 0; draws < drawsAtMost; draws++) {
      const key = String(this.draw(size)).padStart(space.digits, '0')
      if (!current.has(this.#hash(space, key))) return key
    }
    return undefined
  }

  /** Notes a key as given out, at `at` (wall-clock ms); in the order of their times. */
  note(space: KeySpace, key: string, id: ArrangementId, at: number): void {
    const keys = this.#spaces.get(space.name) ?? new Map<string, { readonly id: ArrangementId; readonly at: number }>()
    this.#spaces.set(space.name, keys)
    keys.set(this.#hash(space, key), { id, at })
  }

  /** Whose the key is. Whether it is still good, the arrangement itself says. */
  find(space: KeySpace, key: string, now: number): ArrangementId | undefined {
    return this.#current(space, now).get(this.#hash(space, key))?.id
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

  #hash(space: KeySpace, key: string): string {
    return createHmac('sha256', this.#secret).update(`${space.name}\n${key}`).digest('base64')
  }
}
