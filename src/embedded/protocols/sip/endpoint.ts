export type Protocol = 'udp' | 'tcp'

/** One end of a SIP hop: an address as the socket sees it (an IP literal, IPv6 without brackets). */
export interface Endpoint {
  readonly protocol: Protocol
  readonly address: string
  readonly port: number
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
