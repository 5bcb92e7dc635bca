import { lookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { hostForSocket, type Endpoint } from './endpoint.js'
import { plainAddress } from './same-host.js'
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
  const written = uri.params.get('maddr') ?? uri.host
  const host = hostForSocket(written)
  const port = uri.port ?? 5060
  if (isIP(host) !== 0) {
    // An IPv4-mapped address is reached over IPv4.
    done({ protocol: transport, address: plainAddress(host), port })
    return
  }
  if (written.startsWith('[')) {
    done({ why: 'unresolved', detail: `not an IPv6 address: ${written}` })
    return
  }
  lookup(host, { all: true }, (error, found: readonly LookupAddress[] | undefined) => {
    const addresses = found ?? []
    // IPv4 where there is a choice: it is what every listener of ours may have.
    const address = addresses.find(({ family }) => family === 4)?.address ?? addresses[0]?.address
    if (error !== null || address === undefined) done({ why: 'unresolved', detail: `no address for ${host}: ${error?.code ?? error?.message ?? 'none'}` })
    else done({ protocol: transport, address, port })
  })
}

export function isUnresolved(result: Endpoint | Unresolved): result is Unresolved {
  return 'why' in result
}
