import { describe, expect, it } from 'vitest'
import { plainAddress, sameHost } from './same-host.js'

describe('an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['pbx.example', 'pbx.example'],
    ['', ''],
  ])('%s is plainly %s', (text, plain) => {
    expect(plainAddress(text)).toBe(plain)
  })

  it.each([
    ['192.0.2.7', '::ffff:192.0.2.7', true],
    ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', true],
    ['192.0.2.7', '192.0.2.8', false],
    // Both of this machine; the third is a loopback address that no interface names, and so any program's on this machine.
    ['127.0.0.1', '::1', true],
    ['127.0.0.1', '127.0.0.66', false],
    ['127.0.0.1', '192.0.2.7', false],
  ])('%s and %s are the same host: %s', (one, other, same) => {
    expect(sameHost(one, other)).toBe(same)
  })
})
