import { BlockList, isIP } from 'node:net'

/** `192.0.2.0/24`, `192.0.2.7`, `2001:db8::/32`. */
export type Network = string

/** @throws Error that says what a network looks like */
export function parseNetwork(text: string): { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' } {
  const [address = '', prefixText, ...rest] = text.split('/')
  const version = isIP(address)
  const widest = version === 6 ? 128 : 32
  const prefix = prefixText === undefined ? widest : Number(prefixText)
  if (version === 0 || rest.length > 0 || (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) || prefix > widest) {
    throw new Error('an address or a network such as 192.0.2.7 or 192.0.2.0/24')
  }
  return { address, prefix, family: version === 6 ? 'ipv6' : 'ipv4' }
}

/** A set of addresses, given as networks. */
export function networks(list: readonly Network[]): { has(address: string): boolean } {
  const known = new BlockList()
  for (const text of list) {
    const { address, prefix, family } = parseNetwork(text)
    known.addSubnet(address, prefix, family)
  }
  return {
    has(address) {
      // The block list itself looks up an IPv4-mapped IPv6 address (::ffff:192.0.2.7) as the IPv4 address that it is.
      const version = isIP(address)
      return version !== 0 && known.check(address, version === 6 ? 'ipv6' : 'ipv4')
    },
  }
}
