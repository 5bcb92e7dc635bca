import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../endpoint.js'
import { parseMessage } from '../parse.js'
import { SipRequest, SipResponse } from '../message.js'
import { ResponseGate } from './response-gate.js'

const destination: Endpoint = { protocol: 'udp', address: '192.0.2.7', port: 5060 }
const lines = { Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx', From: '<sip:a@b>;tag=f', To: '<sip:c@d>', 'Call-ID': 'i', CSeq: '7 INVITE' }

function request(change: Partial<typeof lines> = {}): SipRequest {
  const message = new SipRequest('INVITE', 'sip:c@d')
  for (const [name, value] of Object.entries({ ...lines, ...change })) message.headers.add(name, value)
  return message
}

function response(change: Partial<typeof lines> = {}): SipResponse {
  const text = `SIP/2.0 200 OK\r\n${Object.entries({ ...lines, To: '<sip:c@d>;tag=t', ...change })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\r\n')}\r\n\r\n`
  const parsed = parseMessage(text)
  if (!parsed.ok || parsed.message.kind !== 'response') throw new Error('no response')
  return parsed.message
}

const gate = (asked = request(), to = destination, asymmetric = false) => new ResponseGate(asked, to, () => asymmetric)

describe('a response', () => {
  it.each([
    ['from where the request went', {}, {}, true],
    ['from another port', { port: 5061 }, {}, false],
    ['from another address', { address: '192.0.2.8' }, {}, false],
    ['over another protocol', { protocol: 'tcp' }, {}, false],
    ['from there, written as an IPv4-mapped address', { address: '::ffff:192.0.2.7' }, {}, true],
    ['with another Call-ID', {}, { 'Call-ID': 'j' }, false],
    ['with another From tag', {}, { From: '<sip:a@b>;tag=g' }, false],
    ['without From tag', {}, { From: '<sip:a@b>' }, false],
    ['with another CSeq number', {}, { CSeq: '8 INVITE' }, false],
  ] as const)('%s', (_, from, change, taken) => {
    expect(gate().accepts(response(change), { ...destination, ...from })).toBe(taken)
  })

  it('inside a dialog carries the tag that the request named', () => {
    const inDialog = request({ To: '<sip:c@d>;tag=t' })
    expect(gate(inDialog).accepts(response(), destination)).toBe(true)
    expect(gate(inDialog).accepts(response({ To: '<sip:c@d>;tag=u' }), destination)).toBe(false)
    expect(gate(inDialog).accepts(response({ To: '<sip:c@d>' }), destination)).toBe(false)
  })

  it('of one that sends from another port than it listens on decides which port that is', () => {
    const asymmetric = gate(request(), destination, true)
    expect(asymmetric.accepts(response({ CSeq: '8 INVITE' }), { ...destination, port: 1 })).toBe(false)
    expect(asymmetric.accepts(response(), { ...destination, port: 49_000 })).toBe(true)
    expect(asymmetric.accepts(response(), { ...destination, port: 49_001 })).toBe(false)
    expect(asymmetric.accepts(response(), destination)).toBe(false)
    expect(asymmetric.accepts(response(), { ...destination, port: 49_000 })).toBe(true)
  })

  it('over TCP may come over another connection from the same address', () => {
    const tcp = { ...destination, protocol: 'tcp' as const }
    expect(gate(request(), tcp).accepts(response(), { ...tcp, port: 40_000 })).toBe(true)
    expect(gate(request(), tcp).accepts(response(), { ...tcp, address: '192.0.2.8' })).toBe(false)
    expect(gate(request(), tcp).accepts(response(), destination)).toBe(false)
  })
})
