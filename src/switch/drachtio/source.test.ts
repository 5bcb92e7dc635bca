import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { sourceOf } from './source.js'

const socket = new Socket()
const seen = (protocol: string, via: string, receivedOn?: string, localHostports: string | null = null) =>
  sourceOf({
    source_address: '127.0.0.1',
    source_port: 4_000,
    protocol,
    ...(receivedOn === undefined ? {} : { receivedOn }),
    socket,
    agent: { mapServer: new Map([[socket, { localHostports }]]) },
    get: (name) => (name === 'Via' ? via : undefined),
  }).protocol

it.each([
  ['tcp', 'SIP/2.0/WS df7jal23.invalid;branch=z9hG4bK1', 'ws'],
  ['tcp', 'SIP/2.0/WSS df7jal23.invalid;branch=z9hG4bK1', 'ws'],
  ['tls', 'SIP / 2.0 / WSS df7jal23.invalid;branch=z9hG4bK1', 'wss'],
  ['ws', 'SIP/2.0/WSS df7jal23.invalid;branch=z9hG4bK1', 'ws'],
  ['tcp', 'SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1, SIP/2.0/WS x.invalid', 'tcp'],
  ['udp', 'SIP/2.0/WS 192.0.2.1;branch=z9hG4bK1', 'udp'],
])('what drachtio-server calls %s and says of itself %s, is %s', (protocol, via, is) => {
  expect(seen(protocol, via)).toBe(is)
})

const listeners = 'udp/10.0.0.5:5060,tcp/10.0.0.5:5060,tls/10.0.0.5:5061,ws/127.0.0.1:5062,wss/10.0.0.5:5063,wss/[2001:db8::5]:5063'

it.each([
  ['tcp', 'WSS', '10.0.0.5:5063', 'wss'],
  ['tcp', 'WSS', '[2001:db8::5]:5063', 'wss'],
  ['tcp', 'WSS', '2001:db8::5:5063', 'wss'],
  // By way of the pages, which took it over HTTPS.
  ['tcp', 'WSS', '127.0.0.1:5062', 'ws'],
  // A browser that says it were a telephone has no more rights for it.
  ['tcp', 'TCP', '127.0.0.1:5062', 'ws'],
  ['tcp', 'TCP', '10.0.0.5:5063', 'wss'],
  ['tcp', 'WS', '10.0.0.5:5060', 'tcp'],
  ['tls', 'WSS', '10.0.0.5:5061', 'tls'],
  ['udp', 'UDP', '10.0.0.5:5060', 'udp'],
  ['tcp', 'WSS', '10.0.0.9:5063', 'ws'],
])('what drachtio-server calls %s, and says %s of itself, but came at %s, is %s', (protocol, via, receivedOn, is) => {
  expect(seen(protocol, `SIP/2.0/${via} df7jal23.invalid;branch=z9hG4bK1`, receivedOn, listeners)).toBe(is)
})
