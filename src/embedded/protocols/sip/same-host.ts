import { isIP, SocketAddress } from 'node:net'
import { networkInterfaces } from 'node:os'

/**
 * Whether two IP literals mean the same machine: the same address however it is written, or two addresses of this very machine's interfaces (a
 * program that was called at one of them may answer from another; the kernel drops packets from outside that claim to come from there).
 */
export function sameHost(one: string, other: string): boolean {
  if (one === other) return true
  const [a, b] = [plainAddress(one), plainAddress(other)]
  return a === b || (isOwnAddress(a) && isOwnAddress(b))
}

/** An IP literal in its one canonical spelling: IPv4-mapped IPv6 as IPv4, without zone. Other text comes back as it is. */
export function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/, '')
  if (isIP(bare) !== 6) return bare
  const { address: spelt } = new SocketAddress({ address: bare, family: 'ipv6' })
  return spelt.startsWith('::ffff:') && isIP(spelt.slice(7)) === 4 ? spelt.slice(7) : spelt
}

function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((own) => plainAddress(own.address) === address) === true)
}
