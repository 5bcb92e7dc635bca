/** `ws` and `wss`: SIP over WebSocket (RFC 7118), in the clear and over TLS. */
export type Protocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

/** All but UDP: over a connection, whole, in order, and never retransmitted (RFC 3261 17.1). */
export type StreamProtocol = Exclude<Protocol, 'udp'>

export function isProtocol(text: string): text is Protocol {
  return text === 'udp' || text === 'tcp' || text === 'tls' || text === 'ws' || text === 'wss'
}

export function isStream(protocol: Protocol): protocol is StreamProtocol {
  return protocol !== 'udp'
}

export function isWebSocket(protocol: Protocol): protocol is 'ws' | 'wss' {
  return protocol === 'ws' || protocol === 'wss'
}

/** Where nothing else is written: RFC 3261 19.1.2, RFC 7118 5.4. */
export function defaultPort(protocol: Protocol): number {
  switch (protocol) {
    case 'udp':
    case 'tcp':
      return 5060
    case 'tls':
      return 5061
    case 'ws':
      return 80
    case 'wss':
      return 443
  }
}

/** One end of a SIP hop: an address as the socket sees it (an IP literal, IPv6 without brackets). */
export interface Endpoint {
  readonly protocol: Protocol
  readonly address: string
  readonly port: number
  /** The name by which the address was found, which the certificate of a TLS server has to carry (RFC 5922). Absent: the address itself. */
  readonly serverName?: string
}

/** `udp/127.0.0.1:5060`: for logs and as a map key. */
export function endpointKey(endpoint: Endpoint): string {
  return `${endpoint.protocol}/${hostForUri(endpoint.address)}:${endpoint.port}`
}

/** An address as it stands in a URI or a Via: IPv6 literals in brackets. */
export function hostForUri(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
}

/** A host of a URI or Via as a socket wants it: IPv6 literals without brackets. */
export function hostForSocket(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
