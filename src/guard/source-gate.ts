import { BlockList, isIP } from 'node:net'
import type { Clock } from '../clock/clock.js'

/** `192.0.2.0/24`, `192.0.2.7`, `2001:db8::/32`. */
export type Network = string

/** @throws Error that says what a network looks like */
export function parseNetwork(text: string): { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' } {
  const [address = '', prefixText, ...rest] = text.split('/')
  const version = isIP(address)
  const widest = version === 6 ? 128 : 32
  const prefix = prefixText === undefined ? widest : Number(prefixText)
  if (version === 0 || rest.length > 0 || (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) || prefix > widest) {
    throw new Error('an address or a network such as 192.0.2.7 or 192.0.2.0/24')
  }
  return { address, prefix, family: version === 6 ? 'ipv6' : 'ipv4' }
}

/** Set of addresses from which calls are taken without further proof. */
export function networks(list: readonly Network[]): { has(address: string): boolean } {
  const known = new BlockList()
  for (const text of list) {
    const { address, prefix, family } = parseNetwork(text)
    known.addSubnet(address, prefix, family)
  }
  return {
    has(address) {
      // An IPv4 address in the clothes of IPv6 (::ffff:192.0.2.7) is looked up as what it is by the block list itself.
      const version = isIP(address)
      return version !== 0 && known.check(address, version === 6 ? 'ipv6' : 'ipv4')
    },
  }
}

export interface RateLimitSettings {
  /** So many requests may come at once ... */
  readonly burst: number
  /** ... and one more each time that so many ms have passed. */
  readonly refillMs: number
  /** Addresses remembered; the one not heard of for longest is forgotten first. */
  readonly remembered: number
}

export const defaultRateLimit: RateLimitSettings = { burst: 10, refillMs: 6_000, remembered: 10_000 }

/** How much an unknown address may ask of us: a bucket of tokens each, in bounded memory. Of IPv6 the network (/64) counts: anybody has 2^64 addresses in theirs. */
export class RateLimit {
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(
    private readonly clock: Clock,
    private readonly settings: RateLimitSettings = defaultRateLimit,
  ) {}

  /** Takes one token. @returns false when there is none: too many requests */
  take(address: string): boolean {
    const { burst, refillMs, remembered } = this.settings
    const source = sourceOf(address)
    const now = this.clock.monotonic()
    const before = this.#buckets.get(source)
    const tokens = before === undefined ? burst : Math.min(burst, before.tokens + (now - before.at) / refillMs)
    // Taken out and put in again: the map's order is the order in which addresses were last heard of.
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

/** Whom an address stands for: itself, or its /64. Text that is no address stands for itself. */
function sourceOf(address: string): string {
  if (isIP(address) !== 6) return address
  // As a host of a URL an address has one spelling only.
  const [, spelt = address] = /^\[(.*)\]$/.exec(new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname) ?? []
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(spelt)
  if (mapped) return [mapped[1], mapped[2]].flatMap((half) => [parseInt(half ?? '0', 16) >> 8, parseInt(half ?? '0', 16) & 255]).join('.')
  const [head = '', tail] = spelt.split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  const all = tail === undefined ? groups : [...groups, ...Array.from({ length: 8 - groups.length - behind.length }, () => '0'), ...behind]
  return `${all.slice(0, 4).join(':')}::/64`
}
