import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import { hostForSocket, type Endpoint } from './endpoint.js'
import { parseUri } from './uri.js'

/** Why a URI leads nowhere. */
export interface Unresolved {
  readonly why: 'badUri' | 'unresolved'
  readonly detail: string
}

/**
 * Where a request for that URI goes: RFC 3263 without SRV and NAPTR, which the closed networks that this stack serves do not
 * use. Calls back at once for an IP literal, later for a name. `sips:` is refused, since there is no TLS here.
 */
export function resolveUri(text: string, done: (result: Endpoint | Unresolved) => void): void {
  const uri = parseUri(text)
  if (uri === undefined) {
    done({ why: 'badUri', detail: `not a SIP URI: ${text.slice(0, 200)}` })
    return
  }
  const transport = (uri.params.get('transport') ?? 'udp').toLowerCase()
  if (uri.scheme === 'sips' || (transport !== 'udp' && transport !== 'tcp')) {
    done({ why: 'unresolved', detail: `no transport for ${text.slice(0, 200)}` })
    return
  }
  const host = hostForSocket(uri.params.get('maddr') ?? uri.host)
  const port = uri.port ?? 5060
  if (isIP(host) !== 0) {
    done({ protocol: transport, address: host, port })
    return
  }
  lookup(host, { family: 4 }, (error, address) => {
    if (error !== null) done({ why: 'unresolved', detail: `no address for ${host}: ${error.code ?? error.message}` })
    else done({ protocol: transport, address, port })
  })
}

export function isUnresolved(result: Endpoint | Unresolved): result is Unresolved {
  return 'why' in result
}

/** Addresses that cannot be reached from outside their own network: RFC 1918, RFC 6598, loopback, link-local. */
export function isPrivateAddress(host: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|127\.|169\.254\.)/.test(host)
}
