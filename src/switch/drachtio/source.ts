import type { Socket } from 'node:net'
import type Srf from 'drachtio-srf'
import type { IncomingCall } from '../port.js'

/**
 * The source of a request. drachtio-server 0.9.10 calls WebSockets `tcp`, and those over TLS as well (sofia-sip marks TLS on its `tls` transports alone). But it says on which of its addresses
 * a request came, and what it listens for there: that tells them apart, whatever the request itself says. Only where it says neither does the Via decide whether it is a WebSocket, and
 * WSS in it counts as WS: the pages take SIP over HTTPS and pass it on in the clear.
 */
export function sourceOf(request: SourcedRequest): IncomingCall['source'] {
  const { source_address: address, source_port: port, protocol } = request
  return { address, port, protocol: protocol === 'udp' || /^wss?$/i.test(protocol) ? protocol : overStream(request) }
}

export type SourcedRequest = Pick<Srf.Request, 'source_address' | 'source_port' | 'protocol' | 'receivedOn' | 'agent'> & {
  readonly socket?: Socket
  get(header: string): string | undefined
}

function overStream(request: SourcedRequest): string {
  const { protocol } = request
  const listener = listenerOf(request)
  if (listener !== undefined) return listener
  const saysWebSocket = /^\s*SIP\s*\/\s*2\.0\s*\/\s*WSS?\s/i.test(request.get('Via') ?? '')
  return saysWebSocket ? (protocol === 'tls' ? 'wss' : 'ws') : protocol
}

/** `tcp`, `tls`, `ws` or `wss`: what the server listens for where the request came; undefined where it does not say. Over TCP and TLS at one address there can be no two of them. */
function listenerOf({ receivedOn, agent, socket }: SourcedRequest): string | undefined {
  if (receivedOn === undefined || socket === undefined) return undefined
  const listeners = agent?.mapServer.get(socket)?.localHostports?.split(',') ?? []
  const place = withoutBrackets(receivedOn)
  return listeners
    .map((listener) => /^(tcp|tls|wss?)\/(.+)$/i.exec(listener))
    .find((listener) => withoutBrackets(listener?.[2] ?? '') === place)?.[1]
    ?.toLowerCase()
}

function withoutBrackets(hostport: string): string {
  return hostport.replace(/[[\]]/g, '')
}
