import { expect, it } from 'vitest'
import { sourceOf } from './source.js'

const seen = (protocol: string, via: string) =>
  sourceOf({ source_address: '127.0.0.1', source_port: 4_000, protocol, get: (name) => (name === 'Via' ? via : undefined) }).protocol

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
