import { describe, expect, it } from 'vitest'
import { Headers } from './headers.js'
import { SipRequest } from './message.js'
import { parseNameAddr, printNameAddr } from './name-addr.js'
import { printMessage } from './print.js'
import { responseDestination } from './responses.js'
import { StreamFramer } from './stream-framer.js'
import { escapeUser, parseUri, printUri, sipUri, unescapeUser } from './uri.js'
import { parseVia, printVia, stampSource } from './via.js'

describe('headers', () => {
  it('are found by any case and in compact form, and keep their order and their spelling', () => {
    const headers = new Headers([
      ['i', 'abc'],
      ['vIA', 'SIP/2.0/UDP a, SIP/2.0/UDP b'],
      ['X-Own', '1'],
      ['Via', 'SIP/2.0/UDP c'],
    ])
    expect(headers.get('Call-ID')).toBe('abc')
    expect(headers.values('v')).toEqual(['SIP/2.0/UDP a', 'SIP/2.0/UDP b', 'SIP/2.0/UDP c'])
    headers.set('x-own', '2').prepend('Via', 'SIP/2.0/UDP z').replaceFirstValue('via', 'SIP/2.0/UDP y')
    expect([...headers].map(({ name, value }) => `${name}: ${value}`)).toEqual([
      'i: abc',
      'Via: SIP/2.0/UDP y',
      'vIA: SIP/2.0/UDP a, SIP/2.0/UDP b',
      'X-Own: 2',
      'Via: SIP/2.0/UDP c',
    ])
  })
  it('split lists outside quotes and angle brackets only', () => {
    const headers = new Headers([
      ['Contact', '"a, b" <sip:x;p=1,2>, <sip:y>'],
      ['Date', 'Fri, 01 Jan'],
    ])
    expect(headers.values('m')).toEqual(['"a, b" <sip:x;p=1,2>', '<sip:y>'])
    expect(headers.values('Date')).toEqual(['Fri, 01 Jan'])
  })
  it('are printed with the true length of the body', () => {
    const request = new SipRequest(
      'INFO',
      'sip:a@b',
      new Headers([
        ['l', '999'],
        ['X', 'y'],
      ]),
      'éa',
    )
    expect(printMessage(request).toString()).toBe('INFO sip:a@b SIP/2.0\r\nl: 3\r\nX: y\r\n\r\néa')
  })
})

describe('URIs', () => {
  it.each([
    'sip:alice@example.com',
    'sips:alice:secret@example.com:5061;transport=tcp',
    'sip:+441865922021;phone-context=x@[2001:db8::1]:5070;lr',
    'sip:example.com',
    'sip:a@b.c?Subject=x&Y=z',
  ])('%s survives', (text) => {
    const uri = parseUri(text)
    expect(uri && printUri(uri)).toBe(text)
  })
  it.each(['tel:+44', 'sip:', 'sip:a b@c', 'sip:a@b:99999', 'sip:a@b:x', 'sip:a@', 'sip:%zz"@b'])('%s is no URI', (text) => {
    expect(parseUri(text)).toBeUndefined()
  })
  it('escapes what a user part may not hold', () => {
    expect(escapeUser('a b#@é')).toBe('a%20b%23%40%C3%A9')
    expect(unescapeUser('a%20b')).toBe('a b')
    expect(unescapeUser('a%ZZ')).toBe('a%ZZ')
    expect(printUri(sipUri('1#2', 'h'))).toBe('sip:1%232@h')
  })
})

describe('addresses', () => {
  it('without angle brackets, parameters are the header’s', () => {
    expect(parseNameAddr('sip:a@b;tag=1')).toMatchObject({ uri: 'sip:a@b', params: new Map([['tag', '1']]) })
    expect(parseNameAddr('<sip:a@b;x=1>;tag=1')).toMatchObject({ uri: 'sip:a@b;x=1' })
  })
  it('are printed so that they can be read again', () => {
    for (const text of ['"A \\"B\\" C" <sip:a@b>;tag=x', 'Anonymous <sip:anonymous@anonymous.invalid>', '<sip:a@b>'])
      expect(printNameAddr(parseNameAddr(text)!)).toBe(text)
  })
})

describe('Via', () => {
  const source = { protocol: 'udp' as const, address: '192.0.2.7', port: 4444 }
  it('is stamped with where the request came from (RFC 3261 18.2.1, RFC 3581)', () => {
    expect(printVia(stampSource(parseVia('SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx')!, source))).toBe(
      'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx;received=192.0.2.7',
    )
    expect(printVia(stampSource(parseVia('SIP/2.0/UDP 192.0.2.7;rport;branch=z9hG4bKx')!, source))).toBe(
      'SIP/2.0/UDP 192.0.2.7;rport=4444;branch=z9hG4bKx;received=192.0.2.7',
    )
    expect(printVia(stampSource(parseVia('SIP/2.0/UDP 192.0.2.7')!, source))).toBe('SIP/2.0/UDP 192.0.2.7')
  })
  it.each([
    ['192.0.2.7:5070', 5070, 'the port of the Via, where old gateways listen'],
    ['192.0.2.7', 5060, 'the standard port, where the Via names none'],
    ['proxy.example:5070', 5070, 'the port of a Via with a name, which says nothing of a NAT'],
    ['192.0.2.7:5070;rport', 4444, 'the port of the packet, where asked to (RFC 3581)'],
    ['10.0.0.1:5070', 4444, 'the port of the packet, where a NAT stands in between'],
    ['192.0.2.7:0', 5060, 'the standard port, where the Via names an impossible one'],
    ['192.0.2.7:5070;maddr=198.51.100.9', 5070, 'the address of the packet, whatever maddr says'],
    ['192.0.2.7:5070;maddr=224.0.1.75', 5070, 'the address of the packet, and no multicast'],
    ['192.0.2.7:5070;received=198.51.100.9', 5070, 'the address of the packet, whatever the sender puts into received'],
    ['198.51.100.9:5070', 4444, 'the address of the packet, whatever the Via says'],
  ])('%s: the response goes to port %i of the sender: %s', (sentBy, port) => {
    expect(responseDestination(parseVia(`SIP/2.0/UDP ${sentBy}`)!, source)).toEqual({ protocol: 'udp', address: '192.0.2.7', port })
  })
  it('of a stranger says nothing: the response goes to where the packet came from', () => {
    expect(responseDestination(parseVia('SIP/2.0/UDP 192.0.2.7:5070')!, source, 'source')).toEqual(source)
  })
  it('of a connection says nothing: the response goes back over it', () => {
    expect(responseDestination(parseVia('SIP/2.0/TCP 192.0.2.7:5070;maddr=198.51.100.9')!, { ...source, protocol: 'tcp' })).toEqual({
      ...source,
      protocol: 'tcp',
    })
  })
})

describe('a stream', () => {
  const message = 'OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 5\r\n\r\nhello'
  it('is cut into messages however it comes', () => {
    const text = `\r\n\r\n${message}\r\n${message.replace('Content-Length', 'l')}\r\n\r\n`
    for (let size = 1; size < text.length; size++) {
      const framer = new StreamFramer()
      const frames = []
      for (let at = 0; at < text.length; at += size) frames.push(...framer.push(Buffer.from(text.slice(at, at + size))))
      expect(frames.map((frame) => (frame.kind === 'message' ? frame.data.toString('latin1').slice(-5) : frame.kind))).toEqual([
        'ping',
        'hello',
        'hello',
        'ping',
      ])
    }
  })
  it('is broken when a message has no length, a silly one, or no end', () => {
    for (const text of [
      'OPTIONS sip:a@b SIP/2.0\r\n\r\n',
      message.replace('5', '-5'),
      message.replace('5', '99999999'),
      'x'.repeat(70_000),
    ]) {
      const framer = new StreamFramer()
      expect(framer.push(Buffer.from(text)).at(-1)?.kind).toBe('broken')
      expect(framer.push(Buffer.from(message))).toEqual([])
    }
  })
})
