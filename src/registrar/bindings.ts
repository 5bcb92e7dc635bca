import type { Clock } from '../clock/clock.js'

/** Where a registered telephone can be reached. */
export interface Binding {
  /** Contact, as the telephone gave it. */
  readonly contact: string
  /** Where its packets came from: behind NAT the contact itself leads nowhere. */
  readonly source: { readonly address: string; readonly port: number; readonly protocol: string }
  /** Wall-clock ms. */
  readonly registeredAt: number
  readonly expiresAt: number
}

export interface BindingLimits {
  /** RFC 3261 10.3: a shorter wish is refused with 423, a longer one is cut. Seconds. */
  readonly leastSeconds: number
  readonly mostSeconds: number
  /** Telephones of one user at the same time; the oldest makes room. */
  readonly perUser: number
}

export const defaultBindingLimits: BindingLimits = { leastSeconds: 30, mostSeconds: 3_600, perUser: 5 }

export type BindResult = { readonly kind: 'bound' } | { readonly kind: 'tooBrief'; readonly leastSeconds: number }

/** The telephones that are registered now, by user. A binding that lapses is gone at that instant, for whoever asks. */
export class Bindings {
  readonly #users = new Map<string, Map<string, Binding>>()

  constructor(
    private readonly clock: Clock,
    private readonly limits: BindingLimits = defaultBindingLimits,
  ) {}

  /** Registers contacts; `expiresSeconds` 0 takes one away. All of them, or (423) none. */
  bind(user: string, contacts: readonly { readonly uri: string; readonly expiresSeconds: number }[], source: Binding['source']): BindResult {
    const { leastSeconds, mostSeconds, perUser } = this.limits
    if (contacts.some(({ expiresSeconds }) => expiresSeconds > 0 && expiresSeconds < leastSeconds)) return { kind: 'tooBrief', leastSeconds }
    const now = this.clock.now()
    const bindings = new Map(this.of(user).map((binding) => [binding.contact, binding]))
    for (const { uri, expiresSeconds } of contacts) {
      bindings.delete(uri)
      if (expiresSeconds > 0) bindings.set(uri, { contact: uri, source, registeredAt: now, expiresAt: now + Math.min(expiresSeconds, mostSeconds) * 1_000 })
    }
    for (const contact of bindings.keys()) {
      if (bindings.size <= perUser) break
      bindings.delete(contact)
    }
    if (bindings.size === 0) this.#users.delete(user)
    else this.#users.set(user, bindings)
    return { kind: 'bound' }
  }

  /** `Contact: *`: all of a user's telephones are gone. */
  clear(user: string): void {
    this.#users.delete(user)
  }

  /** A user's telephones, the latest registered last. */
  of(user: string): readonly Binding[] {
    const now = this.clock.now()
    return [...(this.#users.get(user)?.values() ?? [])].filter(({ expiresAt }) => expiresAt > now)
  }

  /** Users with at least one telephone now. */
  registered(): readonly string[] {
    return [...this.#users.keys()].filter((user) => this.of(user).length > 0)
  }
}
