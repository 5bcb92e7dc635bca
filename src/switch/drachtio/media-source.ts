import { BlockList } from 'node:net'
import { readAddress } from '../../embedded/protocols/sdp/address.js'

/**
 * From where a party's voice is taken:
 * - `signalled`: from the address and port that its description names, and from nowhere else;
 * - `nat`: likewise; a party that names an address at which it cannot be (it is behind NAT) may show a port at the address from which its
 *   signalling comes;
 * - `host`: likewise; and every party may show another port at the address that it names (phones that send from another port than the one
 *   at which they hear).
 */
export type TakenFrom = 'signalled' | 'nat' | 'host'

/** The source from which the media server takes a party's voice, and to which it sends. */
export interface MediaSource {
  /** The address of the party as described to the media server. */
  readonly address: string
  /** Host whose first packet, within the first seconds, shows the party's port; undefined: the port is as signalled. */
  readonly learnFrom: string | undefined
  /** Nothing is sent before a packet has come: the description may name a victim who knows nothing of this call. */
  readonly afterHeard: boolean
}

type Reach = 'loopback' | 'link' | 'private' | 'global'

/**
 * @param named the address in the party's description; unspecified (`0.0.0.0`, `::`) where it holds the call
 * @param signalling where the party's signalling comes from; undefined: not known
 * @param trusted we chose to ring it there (a trunk): a media server that it names is its own
 * @param isHere whether an address is one of this machine's
 */
export function mediaSource(
  named: string,
  signalling: string | undefined,
  taken: TakenFrom,
  trusted = false,
  isHere: (address: string) => boolean = () => false,
): MediaSource {
  const at = readAddress(named)
  const from = readAddress(signalling ?? '')
  if (at.kind !== 'unicast')
    return { address: named, learnFrom: from.kind === 'unicast' && taken !== 'signalled' ? from.address : undefined, afterHeard: false }
  const { address } = at
  const beside = taken === 'host' ? address : undefined
  if (from.kind !== 'unicast' || sameHost(address, from.address)) return { address, learnFrom: beside, afterHeard: false }
  const reach = reachOf(address)
  const nearby = reachOf(from.address)
  // A softphone on this machine that was configured with 127.0.0.1 and names its network address, in either family. To our loopback it
  // sends from loopback.
  if (nearby === 'loopback' && isHere(address))
    return { address, learnFrom: taken === 'signalled' ? undefined : address.includes(':') ? '::1' : '127.0.0.1', afterHeard: false }
  // A media server of its own, as most trunks have. A program on this machine that names another of its addresses is still at loopback.
  const elsewhere = nearby === 'loopback' ? reach === 'loopback' : reach === 'global'
  if (elsewhere || taken === 'signalled') return { address, learnFrom: beside, afterHeard: !trusted }
  // A party out there cannot be reached at its own private address, which here may belong to another host.
  if (nearby === 'global') return { address: from.address, learnFrom: from.address, afterHeard: false }
  // Both are on private networks, which may be one, or two with a NAT in between: whichever it turns out to be.
  return { address, learnFrom: from.address, afterHeard: true }
}

/** Loopback has two families and one machine. */
function sameHost(one: string, other: string): boolean {
  return one === other || (one.includes(':') !== other.includes(':') && reachOf(one) === 'loopback' && reachOf(other) === 'loopback')
}

/** Where an address is valid: on this machine, this link, one private network, everywhere. */
export function reachOf(address: string): Reach {
  const family = address.includes(':') ? 'ipv6' : 'ipv4'
  return REACHES.find(([, networks]) => networks.check(address, family))?.[0] ?? 'global'
}

/** RFC 1122 and 4291 (loopback), 3927 and 4291 (link-local), 1918, 6598 (carrier-grade NAT) and 4193 (private). */
const REACHES: readonly (readonly [Exclude<Reach, 'global'>, BlockList])[] = [
  [
    'loopback',
    networks([
      ['127.0.0.0', 8],
      ['::1', 128],
    ]),
  ],
  [
    'link',
    networks([
      ['169.254.0.0', 16],
      ['fe80::', 10],
    ]),
  ],
  [
    'private',
    networks([
      ['10.0.0.0', 8],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['100.64.0.0', 10],
      ['fc00::', 7],
    ]),
  ],
]

function networks(list: readonly (readonly [string, number])[]): BlockList {
  const made = new BlockList()
  for (const [network, prefix] of list) made.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4')
  return made
}
