import { plainAddress } from './same-host.js'

/** The kind of an IP literal, by its first bits. Hosts with brackets and other text are of no kind. */

export function isLoopback(address: string): boolean {
  const plain = plainAddress(address)
  return plain.startsWith('127.') || plain === '::1'
}

/** Valid on one link only (RFC 3927, RFC 4291 2.5.6). */
export function isLinkLocal(address: string): boolean {
  return /^(?:169\.254\.|fe[89ab][0-9a-f]:)/i.test(address)
}

/** Addresses that cannot be reached from outside their own network: RFC 1918, RFC 6598, RFC 4193, loopback, link-local. */
export function isPrivateAddress(address: string): boolean {
  const plain = plainAddress(address)
  return (
    /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd][0-9a-f]{2}:)/i.test(plain) ||
    isLoopback(plain) ||
    isLinkLocal(plain)
  )
}
