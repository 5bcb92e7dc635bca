import { describe, expect, it } from 'vitest'
import { addressesHere, isOurPlace, placesIn } from './own-ports.js'

const media = [
  { address: '192.0.2.1', port: 20_000 },
  { address: '192.0.2.1', port: 20_010 },
]
const sip = [{ address: '192.0.2.1', port: 5060 }]
const here = new Set(['192.0.2.1', '10.0.0.1', '127.0.0.1'])

describe('a place that a party describes', () => {
  it.each([
    ['the port of a call', '192.0.2.1', 20_010, true],
    ['its RTCP port', '192.0.2.1', 20_011, true],
    ['the same port by another address of this machine', '10.0.0.1', 20_000, true],
    ['the same port by any loopback address', '127.0.0.9', 20_000, true],
    ['the SIP port', '192.0.2.1', 5060, true],
    ['the SIP port by loopback', '127.0.0.1', 5060, true],
    ['a telephone on this machine', '127.0.0.1', 20_002, false],
    ['a telephone on this machine, by its address', '192.0.2.1', 7078, false],
    ['the same port of another host', '192.0.2.7', 20_000, false],
    ['the SIP port of another host', '192.0.2.7', 5060, false],
  ])('%s: %s:%d is ours: %s', (_what, address, port, ours) => {
    expect(isOurPlace({ address, port }, media, sip, here)).toBe(ours)
  })
})

it('reads where drachtio-server listens from what it says', () => {
  expect(placesIn('connected, SIP at udp/127.0.0.1:5060,tcp/127.0.0.1:5061,udp/[2001:db8::1]:5062')).toEqual([
    { address: '127.0.0.1', port: 5060 },
    { address: '127.0.0.1', port: 5061 },
    { address: '2001:db8::1', port: 5062 },
  ])
  expect(placesIn('connecting')).toEqual([])
})

it('knows the addresses of this machine', () => {
  expect(addressesHere().has('127.0.0.1')).toBe(true)
})
