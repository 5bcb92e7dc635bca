import { isIP } from 'node:net'
import { plainAddress } from './same-host.js'

export interface RateLimitSettings {
  /** This many requests may come at once ... */
  readonly burst: number
  /** ... and one more each time this many ms have passed. */
  readonly refillMs: number
  /** Addresses remembered; the one not heard of for longest is forgotten first. */
  readonly remembered: number
}

/** How many requests an address may send: a token bucket each, in bounded memory. For IPv6 the network (/64) counts: each network has 2^64 addresses. */
export class RateLimit {
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(
    private readonly clock: { monotonic(): number },
    private readonly settings: RateLimitSettings,
  ) {}

  /** Takes one token. @returns false when there is none: too many requests */
  take(address: string): boolean {
    const { burst, refillMs, remembered } = this.settings
    const source = sourceNetwork(address)
    const now = this.clock.monotonic()
    const before = this.#buckets.get(source)
    const tokens = before === undefined ? burst : Math.min(burst, before.tokens + (now - before.at) / refillMs)
    // Removed and added again: the map's order is the order in which addresses were last heard from.
    this.#buckets.delete(source)
    const granted = tokens >= 1
    this.#buckets.set(source, { tokens: granted ? tokens - 1 : tokens, at: now })
    if (this.#buckets.size > remembered) {
      const oldest = this.#buckets.keys().next()
      if (!oldest.done) this.#buckets.delete(oldest.value)
    }
    return granted
  }

  /** Addresses that are remembered now. */
  get size(): number {
    return this.#buckets.size
  }
}

/** The key of an address: itself, or its /64 (`2001:db8:1:2::/64`). Text that is no address is its own key. */
export function sourceNetwork(address: string): string {
  // Most addresses, at no cost.
  if (isIP(address) === 4) return address
  const plain = plainAddress(address)
  if (isIP(plain) !== 6) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  const all = tail === undefined ? groups : [...groups, ...Array.from({ length: 8 - groups.length - behind.length }, () => '0'), ...behind]
  return `${all.slice(0, 4).join(':')}::/64`
}
