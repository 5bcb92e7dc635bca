import { expect, it } from 'vitest'
import { tcpLimitsFor } from './tcp-limits.js'

it.each([256, 1_024, 4_096, 20_000, 1_048_576, Number.MAX_SAFE_INTEGER])(
  'of %i descriptors most are left for the audio, and of connections most for who is known',
  (descriptors) => {
    const { inAll, perSource, strangersInAll, strangersPerSource } = tcpLimitsFor(descriptors)
    expect(inAll).toBeLessThanOrEqual(Math.max(20, descriptors / 4))
    expect(inAll).toBeLessThanOrEqual(2_000)
    expect(strangersInAll).toBeLessThanOrEqual(inAll / 4)
    expect(strangersPerSource).toBeLessThan(strangersInAll)
    expect(perSource).toBeGreaterThan(strangersPerSource)
  },
)
