import { expect, test } from 'vitest'
import { Headers } from '../protocols/sip/headers.js'
import { SipRequest, SipResponse } from '../protocols/sip/message.js'
import { routeAround } from './nat.js'

const peer = { protocol: 'udp', address: '203.0.113.9', port: 40000 } as const
const request = (...headers: [string, string][]): SipRequest => new SipRequest('INVITE', 'sip:x@y', new Headers(headers))

test('a Contact that is not where the packets come from is gone around', () => {
  expect(routeAround(request(['Contact', '<sip:a@192.168.1.5:5060>']), peer)).toEqual(peer)
  expect(routeAround(request(['Contact', '<sip:a@203.0.113.9:5060>']), peer)).toEqual(peer)
  expect(routeAround(request(['Contact', '<sip:a@203.0.113.9:40000>']), peer)).toBeUndefined()
})

test('a proxy in the path is never gone around', () => {
  expect(routeAround(request(['Contact', '<sip:a@192.168.1.5>'], ['Record-Route', '<sip:proxy;lr>']), peer)).toBeUndefined()
})

test('whom we dialled is believed about the port, not about the address', () => {
  const response = (contact: string): SipResponse => new SipResponse(200, 'OK', new Headers([['Contact', contact]]))
  expect(routeAround(response('<sip:a@203.0.113.9:5071>'), peer)).toBeUndefined()
  expect(routeAround(response('<sip:a@10.0.0.3:5060>'), peer)).toEqual(peer)
})

test('over TCP the connection that the party opened is kept', () => {
  const tcp = { ...peer, protocol: 'tcp' } as const
  expect(routeAround(request(['Contact', '<sip:a@203.0.113.9:5060;transport=tcp>']), tcp)).toEqual(tcp)
})
