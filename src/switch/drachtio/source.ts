import type Srf from 'drachtio-srf'
import type { IncomingCall } from '../port.js'

/**
 * Where a request comes from. drachtio-server 0.9.10 calls WebSockets `tcp`: the Via says what they are, and nothing is trusted more for what it says. The pages take SIP over HTTPS and hand it on
 * in the clear, so WSS in it is no more than WS where drachtio-server saw no TLS.
 */
export function sourceOf(request: SourcedRequest): IncomingCall['source'] {
  const { source_address: address, source_port: port, protocol } = request
  const isWebSocket = protocol !== 'udp' && /^\s*SIP\s*\/\s*2\.0\s*\/\s*WSS?\s/i.test(request.get('Via') ?? '')
  return { address, port, protocol: isWebSocket && !/^wss?$/i.test(protocol) ? (protocol === 'tls' ? 'wss' : 'ws') : protocol }
}

type SourcedRequest = Pick<Srf.Request, 'source_address' | 'source_port' | 'protocol'> & { get(header: string): string | undefined }
