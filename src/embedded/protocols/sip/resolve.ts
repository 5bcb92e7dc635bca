import { lookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { defaultPort, hostForSocket, isProtocol, type Endpoint } from './endpoint.js'
import { plainAddress } from './same-host.js'
import { parseUri } from './uri.js'

/** Why a URI leads nowhere. */
export interface Unresolved {
  readonly why: 'badUri' | 'unresolved'
  readonly detail: string
}

/**
 * Where a request for that URI goes: RFC 3263 without SRV and NAPTR, which the closed networks that this stack serves do not
 * use. Calls back at once for an IP literal, later for a name. `sips:` is TLS, whatever else it says (RFC 3261 26.2.2).
 */
export function resolveUri(text: string, done: (result: Endpoint | Unresolved) => void): void {
  const uri = parseUri(text)
  if (uri === undefined) {
    done({ why: 'badUri', detail: `not a SIP URI: ${text.slice(0, 200)}` })
    return
  }
  const written = (uri.params.get('transport') ?? (uri.scheme === 'sips' ? 'tls' : 'udp')).toLowerCase()
  const transport = uri.scheme === 'sips' ? secured(written) : written
  if (!isProtocol(transport)) {
    done({ why: 'unresolved', detail: `no transport for ${text.slice(0, 200)}` })
    return
  }
  const place = uri.params.get('maddr') ?? uri.host
  const host = hostForSocket(place)
  const port = uri.port ?? defaultPort(transport)
  if (isIP(host) !== 0) {
    // An IPv4-mapped address is reached over IPv4.
    done({ protocol: transport, address: plainAddress(host), port })
    return
  }
  if (place.startsWith('[')) {
    done({ why: 'unresolved', detail: `not an IPv6 address: ${place}` })
    return
  }
  lookup(host, { all: true }, (error, found: readonly LookupAddress[] | undefined) => {
    const addresses = found ?? []
    // IPv4 where there is a choice: it is what every listener of ours may have.
    const address = addresses.find(({ family }) => family === 4)?.address ?? addresses[0]?.address
    if (error !== null || address === undefined)
      done({ why: 'unresolved', detail: `no address for ${host}: ${error?.code ?? error?.message ?? 'none'}` })
    else done({ protocol: transport, address, port, ...(transport === 'tls' ? { serverName: host } : {}) })
  })
}

/** What `sips:` makes of a transport: the same with TLS; `none` where there is no such thing. */
function secured(transport: string): string {
  if (transport === 'tcp' || transport === 'tls') return 'tls'
  return transport === 'ws' || transport === 'wss' ? 'wss' : 'none'
}

export function isUnresolved(result: Endpoint | Unresolved): result is Unresolved {
  return 'why' in result
}
