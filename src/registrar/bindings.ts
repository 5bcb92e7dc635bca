import type { Clock } from '../clock/clock.js'
import type { SharedMap } from '../fleet/shared-map.js'
import type { Registration } from '../switch/port.js'

/** Where a registered telephone can be reached. */
export interface Binding {
  /** Contact, as the telephone gave it. */
  readonly contact: string
  /** The source of its packets: behind NAT the contact itself leads nowhere. */
  readonly source: Registration['source']
  /** How the telephone names itself (User-Agent). */
  readonly userAgent?: string
  /** Wall-clock ms; the first of an unbroken row of registrations. */
  readonly registeredAt: number
  readonly expiresAt: number
}

export interface BindingLimits {
  /** RFC 3261 10.3: a shorter time is refused with 423, a longer one is cut. Seconds. */
  readonly minSeconds: number
  readonly maxSeconds: number
  /** Telephones of one user at the same time; the oldest makes room. */
  readonly perUser: number
}

export const defaultBindingLimits: BindingLimits = { minSeconds: 30, maxSeconds: 3_600, perUser: 5 }

/** Who sent the REGISTER, and its place among those of the same telephone (RFC 3261 10.2.4: one Call-ID, rising CSeq). */
export interface RegisteredBy {
  readonly source: Registration['source']
  readonly callId: string
  readonly sequence: number
  readonly userAgent?: string
}

export type BindResult =
  | { readonly kind: 'bound' }
  | { readonly kind: 'tooBrief'; readonly minSeconds: number }
  /** Older than the one already known: it came late. */
  | { readonly kind: 'outOfOrder' }

/** As engines share it. */
export interface SharedBinding extends Binding {
  readonly callId: string
  readonly sequence: number
}

interface Kept extends SharedBinding {
  /** Monotonic ms: a step of the wall clock makes no telephone unreachable. */
  readonly lapsesAt: number
}

/** One user's telephones, by contact, the latest registered last; and the listeners for the end of each. */
interface User {
  readonly kept: Map<string, Kept>
  readonly watchers: Map<string, Set<() => void>>
  cancelLapse: () => void
}

/**
 * The telephones that are registered now, by user, at whichever engine. A binding that lapses is gone at that instant, for every reader. In memory: telephones register again; where engines share them, they
 * outlive each of them.
 */
export class Bindings {
  readonly #users = new Map<string, User>()
  /** How many bindings came from each address: read for every packet of a stranger, so its cost must not grow with the number of telephones. */
  readonly #addresses = new Map<string, number>()
  readonly #unshare: (() => void) | undefined

  constructor(
    private readonly clock: Clock,
    readonly limits: BindingLimits = defaultBindingLimits,
    private readonly shared?: SharedMap<readonly SharedBinding[]>,
  ) {
    for (const [user, bindings] of shared?.entries() ?? []) this.#hear(user, bindings)
    this.#unshare = shared?.onChange(({ key, value }) => this.#hear(key, value ?? []))
  }

  /** Registers contacts; `expiresSeconds` 0 removes one. All of them, or none. */
  bind(user: string, contacts: Registration['contacts'], by: RegisteredBy): BindResult {
    const { minSeconds, maxSeconds, perUser } = this.limits
    if (contacts.some(({ expiresSeconds }) => expiresSeconds > 0 && expiresSeconds < minSeconds)) return { kind: 'tooBrief', minSeconds }
    const before = this.#live(user)
    if (contacts.some(({ uri }) => isLate(before.get(uri), by))) return { kind: 'outOfOrder' }
    const after = new Map(before)
    const [now, monotonic] = [this.clock.now(), this.clock.monotonic()]
    for (const { uri, expiresSeconds } of contacts) {
      // Removed and added again: the map's order is the order of registration.
      after.delete(uri)
      if (expiresSeconds === 0) continue
      const ms = Math.min(expiresSeconds, maxSeconds) * 1_000
      const { source, callId, sequence, userAgent } = by
      after.set(uri, {
        contact: uri,
        source,
        callId,
        sequence,
        ...(userAgent === undefined ? {} : { userAgent }),
        registeredAt: before.get(uri)?.registeredAt ?? now,
        expiresAt: now + ms,
        lapsesAt: monotonic + ms,
      })
    }
    for (const contact of after.keys()) {
      if (after.size <= perUser) break
      after.delete(contact)
    }
    this.#keep(user, after)
    this.#share(user, after)
    return { kind: 'bound' }
  }

  /** `Contact: *` (RFC 3261 10.2.2), or the end of a device: all of a user's telephones are gone. */
  clear(user: string, by?: RegisteredBy): BindResult {
    if (by !== undefined && [...this.#live(user).values()].some((kept) => isLate(kept, by))) return { kind: 'outOfOrder' }
    this.#keep(user, new Map())
    this.#share(user, new Map())
    return { kind: 'bound' }
  }

  /** A user's telephones, the latest registered last. */
  of(user: string): readonly Binding[] {
    return [...this.#live(user).values()]
  }

  /** Users with at least one telephone now. */
  registered(): readonly string[] {
    const now = this.clock.monotonic()
    const registered: string[] = []
    for (const [user, { kept }] of this.#users)
      for (const { lapsesAt } of kept.values()) if (lapsesAt > now && registered.at(-1) !== user) registered.push(user)
    return registered
  }

  /** Whether a telephone is registered from this address. Costs the same however many are; true for as long as the timer of a lapsed one is late. */
  knows(address: string): boolean {
    return this.#addresses.has(address)
  }

  /** Calls `listener` once, as soon as the contact is no longer registered: lapsed, removed or displaced. @returns forgets it */
  onGone(user: string, contact: string, listener: () => void): () => void {
    const state = this.#users.get(user)
    if (state === undefined || !this.#live(user).has(contact)) {
      listener()
      return () => undefined
    }
    const watchers = state.watchers.get(contact) ?? new Set()
    state.watchers.set(contact, watchers.add(listener))
    return () => {
      watchers.delete(listener)
      if (watchers.size === 0) state.watchers.delete(contact)
    }
  }

  /** Forgets everything, timers included; no listener is told. */
  close(): void {
    this.#unshare?.()
    for (const { cancelLapse } of this.#users.values()) cancelLapse()
    this.#users.clear()
    this.#addresses.clear()
  }

  #share(user: string, kept: ReadonlyMap<string, Kept>): void {
    if (kept.size === 0) return this.shared?.delete(user)
    const longest = Math.max(...[...kept.values()].map(({ expiresAt }) => expiresAt)) - this.clock.now()
    this.shared?.set(
      user,
      [...kept.values()].map(({ lapsesAt, ...binding }) => binding),
      longest,
    )
  }

  /** A user's telephones, from another engine. */
  #hear(user: string, bindings: readonly SharedBinding[]): void {
    const [now, monotonic] = [this.clock.now(), this.clock.monotonic()]
    this.#keep(
      user,
      new Map(
        bindings
          .filter(({ expiresAt }) => expiresAt > now)
          .map((binding) => [binding.contact, { ...binding, lapsesAt: monotonic + binding.expiresAt - now }]),
      ),
    )
  }

  #live(user: string): ReadonlyMap<string, Kept> {
    const now = this.clock.monotonic()
    return new Map([...(this.#users.get(user)?.kept ?? [])].filter(([, { lapsesAt }]) => lapsesAt > now))
  }

  #keep(user: string, kept: Map<string, Kept>): void {
    const before = this.#users.get(user)
    before?.cancelLapse()
    this.#count(kept, 1)
    if (before) this.#count(before.kept, -1)
    const watchers: User['watchers'] = before?.watchers ?? new Map<string, Set<() => void>>()
    const gone = [...watchers].filter(([contact]) => !kept.has(contact))
    for (const [contact] of gone) watchers.delete(contact)
    if (kept.size === 0) this.#users.delete(user)
    else {
      const first = Math.min(...[...kept.values()].map(({ lapsesAt }) => lapsesAt))
      // A timer may fire a fraction early; it then finds nothing lapsed and is set again.
      const cancelLapse = this.clock.after(Math.max(1, first - this.clock.monotonic()), () => this.#keep(user, new Map(this.#live(user))))
      this.#users.set(user, { kept, watchers, cancelLapse })
    }
    for (const [, listeners] of gone) for (const listener of [...listeners]) listener()
  }

  #count(kept: ReadonlyMap<string, Kept>, by: 1 | -1): void {
    for (const { source } of kept.values()) {
      const count = (this.#addresses.get(source.address) ?? 0) + by
      if (count > 0) this.#addresses.set(source.address, count)
      else this.#addresses.delete(source.address)
    }
  }
}

/** RFC 3261 10.3, steps 6 and 7: a request of the same telephone that is not newer than its last one. */
function isLate(kept: Kept | undefined, by: RegisteredBy): boolean {
  return kept !== undefined && kept.callId === by.callId && by.sequence <= kept.sequence
}
