import type { Clock } from '../clock/clock.js'
import { RateLimit as AnyRateLimit, type RateLimitSettings } from '../embedded/protocols/sip/rate-limit.js'

export { networks, parseNetwork, type Network } from '../embedded/protocols/sip/networks.js'
export type { RateLimitSettings } from '../embedded/protocols/sip/rate-limit.js'

export const defaultRateLimit: RateLimitSettings = { burst: 10, refillMs: 6_000, remembered: 10_000 }

/** How many calls an unknown address may send. */
export class RateLimit extends AnyRateLimit {
  constructor(clock: Clock, settings: RateLimitSettings = defaultRateLimit) {
    super(clock, settings)
  }
}
