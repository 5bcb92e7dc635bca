import { describe, expect, it } from 'vitest'
import { isLinkLocal, isLoopback, isPrivateAddress } from './address-kinds.js'
import type { Endpoint } from './endpoint.js'
import { isUnresolved, resolveUri } from './resolve.js'
import { parseVia, printVia, stampSource } from './via.js'

describe('addresses by their first bits', () => {
  it.each([
    ['127.0.0.1', true, false, true],
    ['127.8.8.8', true, false, true],
    ['::1', true, false, true],
    ['0:0:0:0:0:0:0:1', true, false, true],
    ['::ffff:127.0.0.1', true, false, true],
    ['10.1.2.3', false, false, true],
    ['172.31.0.1', false, false, true],
    ['172.32.0.1', false, false, false],
    ['100.64.0.1', false, false, true],
    ['169.254.1.1', false, true, true],
    ['fe80::1', false, true, true],
    ['fe80::1%eth0', false, true, true],
    ['fd00:1::2', false, false, true],
    ['fc00::2', false, false, true],
    ['192.0.2.1', false, false, false],
    ['2001:db8::1', false, false, false],
    ['phone.example', false, false, false],
    ['fd.example', false, false, false],
  ])('%s: loopback %s, link-local %s, private %s', (address, loopback, linkLocal, isPrivate) => {
    expect([isLoopback(address), isLinkLocal(address), isPrivateAddress(address)]).toEqual([loopback, linkLocal, isPrivate])
  })
})

describe('IPv6 in URIs and in Via', () => {
  it.each<[string, Endpoint]>([
    ['sip:phone@[2001:db8::1]:5070', { protocol: 'udp', address: '2001:db8::1', port: 5070 }],
    ['sip:[::1];transport=tcp', { protocol: 'tcp', address: '::1', port: 5060 }],
    ['sip:phone@[::ffff:192.0.2.7]:5062', { protocol: 'udp', address: '192.0.2.7', port: 5062 }],
  ])('%s is resolved at once', (uri, place) => {
    let found: unknown
    resolveUri(uri, (result) => (found = result))
    expect(found).toEqual(place)
  })

  it('a name that nobody has leads nowhere', async () => {
    const found = await new Promise((resolve) => resolveUri('sip:nobody.invalid', resolve))
    expect(found).toMatchObject({ why: 'unresolved' })
  })

  it('a malformed URI is unresolved', () => {
    let found: unknown
    resolveUri('sip:[2001:db8::1', (result) => (found = isUnresolved(result)))
    expect(found).toBe(true)
  })

  it.each([
    [
      'the same address, written otherwise',
      'SIP/2.0/UDP [2001:DB8:0:0::7]:5060;branch=z9hG4bKx',
      'SIP/2.0/UDP [2001:db8:0:0::7]:5060;branch=z9hG4bKx',
    ],
    ['another address', 'SIP/2.0/UDP [2001:db8::8];branch=z9hG4bKx', 'SIP/2.0/UDP [2001:db8::8];branch=z9hG4bKx;received=2001:db8::7'],
    [
      'rport',
      'SIP/2.0/UDP [2001:db8::7];rport;branch=z9hG4bKx',
      'SIP/2.0/UDP [2001:db8::7];rport=5099;branch=z9hG4bKx;received=2001:db8::7',
    ],
  ])('a Via that names %s', (_, via, stamped) => {
    expect(printVia(stampSource(parseVia(via)!, { protocol: 'udp', address: '2001:db8::7', port: 5099 }))).toBe(stamped)
  })

  it('received has no zone, which means nothing elsewhere', () => {
    expect(
      printVia(
        stampSource(parseVia('SIP/2.0/UDP [2001:db8::8];branch=z9hG4bKx')!, { protocol: 'udp', address: 'fe80::7%eth0', port: 5099 }),
      ),
    ).toContain('received=fe80::7')
  })
})

it('a name that has no address is told as that', async () => {
  const found = await new Promise((resolve) => resolveUri('sip:somebody@no-such-host.invalid', resolve))
  expect(found).toMatchObject({ why: 'unresolved' })
})
