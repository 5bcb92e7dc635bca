import { describe, expect, it } from 'vitest'
import { proxyList, sourceOf } from './web-limits.js'

describe('the address that a client counts under', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, ''],
  ])('%s is %s', (address, source) => {
    expect(sourceOf(address)).toBe(source)
  })
})

describe('reverse proxies', () => {
  it.each([
    ['10.0.0.9', true],
    ['::ffff:10.0.0.9', true],
    ['10.0.1.9', false],
    ['2001:db8::7', true],
    ['2001:db9::7', false],
    [undefined, false],
  ])('%s: %s', (address, is) => {
    expect(proxyList(['10.0.0.0/24', '2001:db8::/32', '192.0.2.1']).has(address)).toBe(is)
  })
})
