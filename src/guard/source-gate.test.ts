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
    ['::FFFF:192.0.2.7', true],
    ['::ffff:c000:207', true],
    ['::ffff:127.0.0.1', true],
    ['::ffff:192.0.2.8', false],
    ['::192.0.2.7', false],
    ['64:ff9b::192.0.2.7', false],
    ['192.0.2.007', false],
    ['127.1', false],
    ['2130706433', false],
    ['127.0.0.1:5060', false],
    ['127.0.0.1, 192.0.2.8', false],
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

  it('is the same however it is written, and so is its network in IPv6', () => {
    const limit = new RateLimit(new VirtualClock(), { burst: 1, refillMs: 1_000, remembered: 10 })
    expect(limit.take('192.0.2.1')).toBe(true)
    for (const same of ['::ffff:192.0.2.1', '::FFFF:192.0.2.1', '::ffff:c000:201']) expect(limit.take(same)).toBe(false)
    expect(limit.take('2001:db8:0:1::5')).toBe(true)
    for (const same of ['2001:db8:0:1::6', '2001:0db8:0000:0001:ffff:ffff:ffff:ffff', '2001:DB8::1:1:2:3:4'])
      expect(limit.take(same)).toBe(false)
    expect(limit.take('2001:db8:0:2::5')).toBe(true)
    expect(limit.take('fe80::1%eth0')).toBe(true)
    expect(limit.take('::1')).toBe(true)
    expect(limit.take('no address')).toBe(true)
  })

  it('cannot fill the memory', () => {
    const limit = new RateLimit(new VirtualClock(), { burst: 1, refillMs: 1_000, remembered: 100 })
    for (let index = 0; index < 5_000; index += 1) limit.take(`10.0.${index >> 8}.${index & 255}`)
    expect(limit.size).toBe(100)
  })
})
