import { expect, test } from 'vitest'
import { SipRequest } from '../protocols/sip/message.js'
import { copyAppHeaders, setAppBody, withRealHost } from './app-headers.js'

test('localhost becomes the address by which the other side reaches the server', () => {
  expect(withRealHost('"GP" <sip:01865922021@localhost>;tag=1', '192.0.2.7', 5062)).toBe('GP <sip:01865922021@192.0.2.7:5062>;tag=1')
  expect(withRealHost('sip:01865922021@localhost', '192.0.2.7', 5062)).toBe('<sip:01865922021@192.0.2.7:5062>')
  expect(withRealHost('<sip:x@elsewhere>', '192.0.2.7', 5062)).toBe('<sip:x@elsewhere>')
})

test('an application sets what is its own, and not what the server answers for', () => {
  const request = new SipRequest('INVITE', 'sip:x@y')
  copyAppHeaders(
    [
      ['via', 'no'],
      ['Record-Route', 'no'],
      ['Content-Length', '9'],
      ['call-id', 'no'],
      ['contact', '<sip:a@localhost>'],
      ['X-Line', 'Cardiology'],
      ['p-asserted-identity', 'sip:1@localhost'],
    ],
    request,
    { host: '192.0.2.7', port: 5060 },
  )
  expect([...request.headers].map(({ name, value }) => `${name}: ${value}`)).toEqual([
    'Contact: <sip:a@192.0.2.7:5060>',
    'X-Line: Cardiology',
    'P-Asserted-Identity: <sip:1@192.0.2.7:5060>',
  ])
})

test('SDP is known by its first line; anything else must say what it is', () => {
  const request = new SipRequest('INVITE', 'sip:x@y')
  expect(setAppBody(request, [], 'v=0\r\n')).toBe(true)
  expect(request.contentType).toBe('application/sdp')
  expect(setAppBody(new SipRequest('INFO', 'sip:x@y'), [], 'hello')).toBe(false)
  expect(setAppBody(new SipRequest('INFO', 'sip:x@y'), [['content-type', 'text/plain']], 'hello')).toBe(true)
})
