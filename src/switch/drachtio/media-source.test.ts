import { describe, expect, it } from 'vitest'
import { mediaSource, reachOf, type MediaSource, type TakenFrom } from './media-source.js'

const exact = (address: string): MediaSource => ({ address, learnFrom: undefined, afterHeard: false })

describe('from whom a voice is taken', () => {
  const cases: readonly (readonly [what: string, named: string, signalling: string | undefined, expected: MediaSource])[] = [
    ['a phone that is where it says', '192.0.2.7', '192.0.2.7', exact('192.0.2.7')],
    ['a phone on this machine', '127.0.0.1', '127.0.0.1', exact('127.0.0.1')],
    ['a phone on this machine with the other family', '::1', '127.0.0.1', exact('::1')],
    ['a phone of this house', '10.1.2.3', '10.1.2.3', exact('10.1.2.3')],
    ['a phone whose signalling comes from nowhere known', '10.1.2.3', undefined, exact('10.1.2.3')],
    ['a mapped address', '::ffff:192.0.2.7', '192.0.2.7', exact('192.0.2.7')],
    [
      "a phone at home behind the provider's NAT",
      '192.168.178.20',
      '198.51.100.7',
      { address: '198.51.100.7', learnFrom: '198.51.100.7', afterHeard: false },
    ],
    [
      'a mobile phone behind carrier-grade NAT',
      '100.64.3.4',
      '198.51.100.7',
      { address: '198.51.100.7', learnFrom: '198.51.100.7', afterHeard: false },
    ],
    [
      'a phone that names its own loopback address',
      '127.0.0.1',
      '198.51.100.7',
      { address: '198.51.100.7', learnFrom: '198.51.100.7', afterHeard: false },
    ],
    ['a phone that found no DHCP server', '169.254.1.1', '10.0.0.9', { address: '169.254.1.1', learnFrom: '10.0.0.9', afterHeard: true }],
    [
      'a phone at a site behind NAT, or one whose exchange only signals',
      '192.168.1.7',
      '10.0.0.5',
      { address: '192.168.1.7', learnFrom: '10.0.0.5', afterHeard: true },
    ],
    [
      'a phone behind a proxy on this machine',
      '192.168.1.7',
      '127.0.0.1',
      { address: '192.168.1.7', learnFrom: '127.0.0.1', afterHeard: true },
    ],
    ['an exchange with a media server of its own', '203.0.113.9', '198.51.100.7', { ...exact('203.0.113.9'), afterHeard: true }],
    ['a telephone of the house that names a third party outside', '203.0.113.9', '10.0.0.5', { ...exact('203.0.113.9'), afterHeard: true }],
    [
      'a program on this machine that names its public address',
      '203.0.113.9',
      '127.0.0.1',
      { address: '203.0.113.9', learnFrom: '127.0.0.1', afterHeard: true },
    ],
    ['a program on this machine that names another one on it', '127.0.0.7', '127.0.0.1', { ...exact('127.0.0.7'), afterHeard: true }],
    ['a phone of two families', '2001:db8::7', '198.51.100.7', { ...exact('2001:db8::7'), afterHeard: true }],
    [
      'a unique local address behind a public one',
      'fd00::7',
      '2001:db8::1',
      { address: '2001:db8::1', learnFrom: '2001:db8::1', afterHeard: false },
    ],
    ['a phone that holds the call', '0.0.0.0', '198.51.100.7', { address: '0.0.0.0', learnFrom: '198.51.100.7', afterHeard: false }],
  ]
  it.each(cases)('%s: %s, signalling from %s', (_what, named, signalling, expected) => {
    expect(mediaSource(named, signalling, 'nat')).toEqual(expected)
  })

  it('a trunk that we ring may name a media server of its own; where its voice is must be private to it, it is learned as any', () => {
    expect(mediaSource('203.0.113.9', '198.51.100.7', 'nat', true)).toEqual(exact('203.0.113.9'))
    expect(mediaSource('10.0.0.9', '198.51.100.7', 'nat', true)).toEqual({
      address: '198.51.100.7',
      learnFrom: '198.51.100.7',
      afterHeard: false,
    })
  })

  it('a softphone of this machine names what the machine is known by, and sends to loopback from there', () => {
    const here = new Set(['2001:db8::5', '192.168.1.5', '203.0.113.9'])
    const source = (named: string, signalling: string, taken: TakenFrom = 'nat') =>
      mediaSource(named, signalling, taken, false, (address) => here.has(address))
    expect(source('2001:db8::5', '127.0.0.1')).toEqual({ address: '2001:db8::5', learnFrom: '::1', afterHeard: false })
    expect(source('192.168.1.5', '127.0.0.1')).toEqual({ address: '192.168.1.5', learnFrom: '127.0.0.1', afterHeard: false })
    expect(source('203.0.113.9', '::1')).toEqual({ address: '203.0.113.9', learnFrom: '127.0.0.1', afterHeard: false })
    expect(source('2001:db8::5', '127.0.0.1', 'signalled')).toEqual(exact('2001:db8::5'))
    // From outside the same address is a third party's.
    expect(source('203.0.113.9', '198.51.100.7')).toEqual({ ...exact('203.0.113.9'), afterHeard: true })
  })

  it('nothing is learned where only what is signalled counts, and a port of the named host where any may be shown', () => {
    for (const [, named, signalling] of cases) expect(mediaSource(named, signalling, 'signalled').learnFrom).toBeUndefined()
    const hosts = (named: string, signalling: string, taken: TakenFrom) => mediaSource(named, signalling, taken).learnFrom
    expect(hosts('192.0.2.7', '192.0.2.7', 'host')).toBe('192.0.2.7')
    expect(hosts('203.0.113.9', '198.51.100.7', 'host')).toBe('203.0.113.9')
    expect(hosts('192.168.1.7', '198.51.100.7', 'host')).toBe('198.51.100.7')
  })
})

it.each([
  ['127.0.0.9', 'loopback'],
  ['::1', 'loopback'],
  ['169.254.0.1', 'link'],
  ['fe80::1', 'link'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.32.0.1', 'global'],
  ['192.168.255.1', 'private'],
  ['100.64.0.1', 'private'],
  ['100.128.0.1', 'global'],
  ['fc00::1', 'private'],
  ['192.0.2.1', 'global'],
  ['2001:db8::1', 'global'],
])('%s is good for: %s', (address, reach) => {
  expect(reachOf(address)).toBe(reach)
})
