import { describe, expect, it } from 'vitest'
import { answerAudio } from '../sdp/offer-answer.js'
import { dialogKey } from './dialog.js'
import type { SipRequest } from './message.js'
import { parseMessage } from './parse.js'
import { printMessage } from './print.js'
import { isUnresolved, resolveUri } from './resolve.js'
import { responseDestination } from './responses.js'
import { parseUri } from './uri.js'

/** The cases of RFC 5118 (IPv6 in SIP), by the RFC's section. Each message holds what its case is about and the least that surrounds it. */

function request(parts: {
  readonly uri: string
  readonly via?: string
  readonly method?: string
  readonly contact?: string
  readonly body?: string
}): Buffer {
  const { uri, via = 'SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111', method = 'REGISTER', contact, body = '' } = parts
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: ${via}`,
    'Max-Forwards: 70',
    'From: "Caller" <sip:caller@[2001:db8::20]>;tag=81x2',
    'To: <sip:user@example.com>',
    'Call-ID: SSG9559905523997077@hlau_4100',
    `CSeq: 98176 ${method}`,
    ...(contact === undefined ? [] : [`Contact: ${contact}`]),
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

function accepted(data: Buffer): SipRequest {
  const result = parseMessage(data)
  if (!result.ok) throw new Error(`${result.problem.where}: ${result.problem.what}`)
  const again = parseMessage(printMessage(result.message))
  expect(again.ok).toBe(true)
  return result.message as SipRequest
}

function resolved(uri: string): unknown {
  let found: unknown
  resolveUri(uri, (result) => (found = isUnresolved(result) ? result.why : result))
  return found
}

describe('RFC 5118', () => {
  it('4.1 an IPv6 reference in request line, Via and Contact', () => {
    const message = accepted(request({ uri: 'sip:[2001:db8::10]', contact: '"Caller" <sip:caller@[2001:db8::1]>' }))
    expect(resolved(message.uri)).toEqual({ protocol: 'udp', address: '2001:db8::10', port: 5060 })
    expect(message.via.host).toBe('[2001:db8::9:1]')
    expect(resolved(message.contacts[0]?.uri ?? '')).toEqual({ protocol: 'udp', address: '2001:db8::1', port: 5060 })
  })

  it('4.2 without brackets it is refused', () => {
    const result = parseMessage(request({ uri: 'sip:2001:db8::10' }))
    expect(result.ok || result.problem.status).toBe(400)
  })

  it('4.3 what looks like a port within the brackets is part of the address', () => {
    expect(resolved('sip:[2001:db8::10:5070]')).toEqual({ protocol: 'udp', address: '2001:db8::10:5070', port: 5060 })
  })

  it('4.4 a port stands behind the brackets', () => {
    expect(resolved('sip:[2001:db8::10]:5070')).toEqual({ protocol: 'udp', address: '2001:db8::10', port: 5070 })
  })

  it.each(['received=[2001:db8::9:255]', 'received=2001:db8::9:255'])(
    '4.5 a Via with %s is read, and changes nothing of where the answer goes',
    (received) => {
      const message = accepted(request({ uri: 'sip:[2001:db8::10]', via: `SIP/2.0/UDP [2001:db8::9:1];${received};branch=z9hG4bKas3-111` }))
      expect(responseDestination(message.via, { protocol: 'udp', address: '2001:db8::9:1', port: 5060 })).toEqual({
        protocol: 'udp',
        address: '2001:db8::9:1',
        port: 5060,
      })
    },
  )

  it('4.6 an IPv6 address in the description', () => {
    const body =
      'v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\ns=Live video feed\r\nc=IN IP6 2001:db8::20\r\nt=3338481189 3370017201\r\nm=audio 6000 RTP/AVP 2 8\r\na=rtpmap:2 G726-32/8000\r\nm=video 6024 RTP/AVP 107\r\n'
    const answer = answerAudio(
      accepted(request({ uri: 'sip:user@[2001:db8::10]', method: 'INVITE', contact: '<sip:caller@[2001:db8::20]>', body })).sdp ?? '',
      { address: '2001:db8::10', port: 40_000 },
    )
    expect(answer.ok && answer.agreement).toMatchObject({ remoteAddress: '2001:db8::20', remotePort: 6000 })
    expect(answer.ok && answer.answer).toContain('c=IN IP6 2001:db8::10\r\n')
  })

  it('4.7 both families in one set of headers', () => {
    const message = accepted(
      request({
        uri: 'sip:user@[2001:db8::10]',
        method: 'BYE',
        via: 'SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111, SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144, SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200',
      }),
    )
    expect(message.via.port).toBe(6050)
    expect(message.headers.values('Via')).toHaveLength(3)
    expect(dialogKey(message.callId, message.toTag ?? '', message.fromTag ?? '')).toContain('81x2')
  })

  it('4.8 both families in one description: the audio goes where its own c= says', () => {
    const body =
      'v=0\r\no=bob 280744730 28977631 IN IP4 host.example.com\r\ns=\r\nt=0 0\r\nm=audio 22334 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\nm=video 6024 RTP/AVP 107\r\nc=IN IP6 2001:db8::1\r\na=rtpmap:107 H263-1998/90000\r\n'
    const answer = answerAudio(body, { address: '192.0.2.9', port: 40_000 })
    expect(answer.ok && answer.agreement).toMatchObject({ remoteAddress: '192.0.2.1', remotePort: 22_334 })
    expect(answer.ok && answer.answer.match(/^m=.*(?=\r$)/gm)).toEqual(['m=audio 40000 RTP/AVP 0', 'm=video 0 RTP/AVP 107'])
  })

  it('4.9 an IPv4-mapped address is reached over IPv4', () => {
    const message = accepted(
      request({
        uri: 'sip:user@example.com',
        method: 'INVITE',
        via: 'SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19',
        contact: '"T. desk phone" <sip:ted@[::ffff:192.0.2.2]>',
      }),
    )
    expect(message.via.port).toBe(19_823)
    expect(resolved(message.contacts[0]?.uri ?? '')).toEqual({ protocol: 'udp', address: '192.0.2.2', port: 5060 })
    expect(responseDestination(message.via, { protocol: 'udp', address: '192.0.2.10', port: 19_999 })).toMatchObject({ port: 19_823 })
  })

  it('4.10 three colons are no address, though the grammar has them: such a URI leads nowhere', () => {
    expect(parseUri('sip:user@[2001:db8:::192.0.2.1]')).toBeDefined()
    expect(resolved('sip:user@[2001:db8:::192.0.2.1]')).toBe('unresolved')
  })
})
