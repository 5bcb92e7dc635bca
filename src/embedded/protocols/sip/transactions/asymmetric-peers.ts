import { hostForSocket, type Endpoint } from '../endpoint.js'
import type { SipRequest } from '../message.js'
import { plainAddress } from '../same-host.js'

const MAX_REMEMBERED = 10_000

/**
 * Peers over UDP that send from one port and listen on another (old telephones and gateways without RFC 3581): known by a request of theirs,
 * whose Via names their own address with another port than the packet's. Their responses may come from any port of that address.
 */
export class AsymmetricPeers {
  /** `<address>|<port that they listen on>` */
  readonly #known = new Set<string>()

  note({ via }: SipRequest, source: Endpoint): void {
    if (source.protocol !== 'udp' || via.params.has('rport')) return
    const port = via.port ?? 5060
    if (port === source.port || plainAddress(hostForSocket(via.host)) !== plainAddress(source.address)) return
    const key = keyOf(source.address, port)
    this.#known.delete(key)
    this.#known.add(key)
    if (this.#known.size <= MAX_REMEMBERED) return
    const [oldest] = this.#known
    if (oldest !== undefined) this.#known.delete(oldest)
  }

  has({ address, port }: Endpoint): boolean {
    return this.#known.has(keyOf(address, port))
  }
}

function keyOf(address: string, port: number): string {
  return `${plainAddress(address)}|${port}`
}
