/** Why a person cannot be rung now. */
export type Engagement = 'beingRung' | 'onACall'

export interface Reservation {
  /** They accepted: from now on they are on a call. */
  onACall(): void
  /** They can be rung again. May be called twice; never throws. */
  release(): void
}

/** `unconfirmed`: other engines cannot be asked now. It is held as soon as they can be, unless another call has these keys by then. */
export type ReserveResult =
  { readonly kind: 'reserved' | 'unconfirmed'; readonly reservation: Reservation } | { readonly kind: 'taken'; readonly by: Engagement }

/**
 * The people being rung or spoken to now, so that nobody is rung for two callers at once. Keys name people and telephones
 * (`clinician:dr-okafor`, `target:+447700900123`); all keys of one reservation are taken, or none.
 */
export interface Reservations {
  /** @param how `takeOver`: this holder's existing reservations, made by a dead engine, pass to the new one */
  reserve(keys: readonly string[], holder: string, how?: 'takeOver'): Promise<ReserveResult>
  /** Resolves when one of these sets of keys may be reserved again (another call may be quicker), or when the signal aborts. */
  freed(anyOf: readonly (readonly string[])[], signal: AbortSignal): Promise<void>
}

/** Reservations of one engine, in its memory. */
export class LocalReservations implements Reservations {
  readonly #held = new Map<string, { readonly holder: string; engagement: Engagement }>()
  readonly #waiting = new Map<string, Set<() => void>>()

  /** Keys that are reserved now. */
  get size(): number {
    return this.#held.size
  }

  /** Who waits for a key to be free. */
  get waiting(): number {
    return this.#waiting.size
  }

  reserve(keys: readonly string[], holder: string, how?: 'takeOver'): Promise<ReserveResult> {
    for (const key of keys) {
      const held = this.#held.get(key)
      if (held && !(how === 'takeOver' && held.holder === holder)) return Promise.resolve({ kind: 'taken', by: held.engagement })
    }
    const entry: { readonly holder: string; engagement: Engagement } = { holder, engagement: 'beingRung' }
    for (const key of keys) this.#held.set(key, entry)
    const reservation: Reservation = {
      onACall: () => {
        entry.engagement = 'onACall'
      },
      release: () => {
        const mine = keys.filter((key) => this.#held.get(key) === entry)
        for (const key of mine) this.#held.delete(key)
        for (const key of mine) for (const wake of [...(this.#waiting.get(key) ?? [])]) wake()
      },
    }
    return Promise.resolve({ kind: 'reserved', reservation })
  }

  freed(anyOf: readonly (readonly string[])[], signal: AbortSignal): Promise<void> {
    const oneIsFree = (): boolean => anyOf.some((keys) => keys.every((key) => !this.#held.has(key)))
    if (signal.aborted || anyOf.length === 0 || oneIsFree()) return Promise.resolve()
    const watched = new Set(anyOf.flat())
    return new Promise((resolve) => {
      const leave = (): void => {
        signal.removeEventListener('abort', leave)
        for (const key of watched) {
          const waiting = this.#waiting.get(key)
          waiting?.delete(look)
          if (waiting?.size === 0) this.#waiting.delete(key)
        }
        resolve()
      }
      const look = (): void => {
        if (oneIsFree()) leave()
      }
      signal.addEventListener('abort', leave, { once: true })
      for (const key of watched) {
        const waiting = this.#waiting.get(key) ?? new Set()
        this.#waiting.set(key, waiting.add(look))
      }
    })
  }
}
