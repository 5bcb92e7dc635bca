import { RateLimit, sourceNetwork, type RateLimitSettings } from './rate-limit.js'

/** What strangers may ask of us. */
export interface StrangerLimits {
  /** Requests of one address (IPv6: of one /64). */
  readonly perSource: RateLimitSettings
  /** Requests of all strangers together: addresses can be forged over UDP. */
  readonly inAll: { readonly burst: number; readonly refillMs: number }
  /** Messages that are read at all, of one address and of all together: what comes beyond is dropped unread, whatever it is. */
  readonly read: {
    readonly perSource: { readonly burst: number; readonly refillMs: number }
    readonly inAll: { readonly burst: number; readonly refillMs: number }
  }
  /** How long an address counts as known after it was last accepted, ms. */
  readonly knownForMs: number
  /** Such addresses remembered; the one accepted longest ago is forgotten first. */
  readonly remembered: number
}

/**
 * A practice's thirty telephones behind one address may start together: two requests each. A telephone registers again within the hour, after
 * which its address would be a stranger's again.
 */
export const defaultStrangerLimits: StrangerLimits = {
  perSource: { burst: 60, refillMs: 100, remembered: 10_000 },
  inAll: { burst: 600, refillMs: 10 },
  // Several times what they may ask: requests inside dialogs and ACKs are read before it is known whether they are such.
  read: { perSource: { burst: 300, refillMs: 10 }, inAll: { burst: 3_000, refillMs: 1 } },
  knownForMs: 65 * 60_000,
  remembered: 10_000,
}

const ALL_TOGETHER = 'all'

/**
 * Tells strangers from those whom the operator knows: the networks from which calls are taken, and addresses that have proved themselves (an
 * application accepted a REGISTER or an INVITE from there) or that we ourselves have called. What strangers send is answered at most so often,
 * and never repeated; their connections are few.
 */
export class Strangers {
  readonly #trusted: { has(address: string): boolean }
  readonly #clock: { monotonic(): number }
  readonly #limits: StrangerLimits
  readonly #perSource: RateLimit
  readonly #inAll: RateLimit
  readonly #readPerSource: RateLimit
  readonly #readInAll: RateLimit
  /** Network of an address, and when it was last accepted. */
  readonly #accepted = new Map<string, number>()
  #dropped = 0

  /** @param trusted networks whose requests are taken without limit */
  constructor(trusted: { has(address: string): boolean }, clock: { monotonic(): number }, limits: StrangerLimits = defaultStrangerLimits) {
    this.#trusted = trusted
    this.#clock = clock
    this.#limits = limits
    this.#perSource = new RateLimit(clock, limits.perSource)
    this.#inAll = new RateLimit(clock, { ...limits.inAll, remembered: 1 })
    this.#readPerSource = new RateLimit(clock, { ...limits.read.perSource, remembered: limits.perSource.remembered })
    this.#readInAll = new RateLimit(clock, { ...limits.read.inAll, remembered: 1 })
  }

  /** Messages of strangers that were dropped without an answer. */
  get dropped(): number {
    return this.#dropped
  }

  has(address: string): boolean {
    if (this.#trusted.has(address)) return false
    const at = this.#accepted.get(sourceNetwork(address))
    return at === undefined || this.#clock.monotonic() - at > this.#limits.knownForMs
  }

  /** Whether a message is worth reading: reading costs more than all that is done for one that is refused. */
  isReadFrom(address: string): boolean {
    if (!this.has(address)) return true
    const read = this.#readPerSource.take(address) && this.#readInAll.take(ALL_TOGETHER)
    if (!read) this.#dropped += 1
    return read
  }

  /** Counts one request of a stranger. @returns false: too many; drop it */
  admits(address: string): boolean {
    // The address first: one that asks too much uses up nothing of what all others have.
    const admitted = this.#perSource.take(address) && this.#inAll.take(ALL_TOGETHER)
    if (!admitted) this.#dropped += 1
    return admitted
  }

  /** An address is no stranger's from now on. */
  accepted(address: string): void {
    const source = sourceNetwork(address)
    this.#accepted.delete(source)
    this.#accepted.set(source, this.#clock.monotonic())
    if (this.#accepted.size <= this.#limits.remembered) return
    const oldest = this.#accepted.keys().next()
    if (!oldest.done) this.#accepted.delete(oldest.value)
  }
}
