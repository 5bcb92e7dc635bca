import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../clock/virtual-clock.js'
import { networks, parseNetwork, RateLimit } from './source-gate.js'

describe('the addresses from which calls are taken', () => {
  const allowed = networks(['127.0.0.0/8', '192.0.2.7', '2001:db8::/32'])

  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['::ffff:192.0.2.7', true],
    ['2001:db8::5', true],
    ['2001:db9::5', false],
    ['not an address', false],
    ['', false],
  ])('%s: %s', (address, expected) => {
    expect(allowed.has(address)).toBe(expected)
  })

  it.each(['192.0.2', '192.0.2.0/33', '192.0.2.0/', '192.0.2.0/24/1', 'example.net', '192.0.2.0/-1'])('%j is no network', (text) => {
    expect(() => parseNetwork(text)).toThrow(/192\.0\.2\.0\/24/)
  })
})

describe('an unknown address', () => {
  it('is heard a few times at once and then only now and again', async () => {
    const clock = new VirtualClock()
    const limit = new RateLimit(clock, { burst: 3, refillMs: 1_000, remembered: 10 })
    const taken = () => limit.take('192.0.2.1')
    expect([taken(), taken(), taken(), taken()]).toEqual([true, true, true, false])
    await clock.advance(999)
    expect(taken()).toBe(false)
    await clock.advance(1)
    expect([taken(), taken()]).toEqual([true, false])
    await clock.advance(60_000)
    expect([taken(), taken(), taken(), taken()]).toEqual([true, true, true, false])
  })

  it('takes nothing away from others', () => {
    const limit = new RateLimit(new VirtualClock(), { burst: 1, refillMs: 1_000, remembered: 10 })
    expect(limit.take('192.0.2.1')).toBe(true)
    expect(limit.take('192.0.2.1')).toBe(false)
    expect(limit.take('192.0.2.2')).toBe(true)
  })

  it('cannot fill the memory', () => {
    const limit = new RateLimit(new VirtualClock(), { burst: 1, refillMs: 1_000, remembered: 100 })
    for (let index = 0; index < 5_000; index += 1) limit.take(`10.0.${index >> 8}.${index & 255}`)
    expect(limit.size).toBe(100)
  })
})
