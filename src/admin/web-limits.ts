import { BlockList, isIP } from 'node:net'

/** How much of the HTTP server one client, and all together, may use. */
export interface WebLimits {
  /** Connections at the same time. */
  readonly connections: number
  readonly connectionsPerAddress: number
  /** Event streams (`/api/live`) at the same time; each is a connection as well. */
  readonly streams: number
  readonly streamsPerAddress: number
  /** How often to check that a viewer may still see the wallboard. */
  readonly streamAskedMs: number
  /** From the connection (or the answer before) to the end of a request's headers. */
  readonly headersTimeoutMs: number
  /** From the first byte to the last of a request. */
  readonly requestTimeoutMs: number
  /** An idle connection after an answer. Longer than usual proxies' (60 s), which would otherwise send on one just closed. */
  readonly keepAliveTimeoutMs: number
  /** A client that does not read its answer. */
  readonly stalledTimeoutMs: number
  /** How often the two request time-outs are checked. */
  readonly checkEveryMs: number
  /** Of a request; the largest that the API knows has a few hundred bytes. */
  readonly bodyBytes: number
}

export const defaultWebLimits: WebLimits = {
  connections: 1_000,
  connectionsPerAddress: 100,
  // More than any wall has boards.
  streams: 500,
  streamsPerAddress: 50,
  streamAskedMs: 30_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 72_000,
  stalledTimeoutMs: 120_000,
  checkEveryMs: 1_000,
  bodyBytes: 64 * 1024,
}

/** Of IPv6 the network (/64) counts: each network has 2^64 addresses. An IPv4-mapped IPv6 address is the IPv4 address. */
export function sourceOf(address: string | undefined): string {
  if (address === undefined) return ''
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (isIP(address) !== 6) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined ? front : [...front, ...Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0'), ...back]
  return `${groups
    .slice(0, 4)
    .map((group) => (Number.parseInt(group, 16) || 0).toString(16))
    .join(':')}::/64`
}

/** Addresses and networks of reverse proxies: many clients come from one of them. */
export function proxyList(proxies: readonly string[]): { has(address: string | undefined): boolean } {
  const list = new BlockList()
  for (const text of proxies) {
    const [address = '', prefix] = text.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family)
  }
  return {
    has(address) {
      const version = isIP(address ?? '')
      return address !== undefined && version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4')
    },
  }
}
