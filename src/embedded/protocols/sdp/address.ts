import { isIP } from 'node:net'

export type Family = 4 | 6

/** Where a party wants its media. */
export type MediaAddress =
  /** An address to which packets can be sent. IPv6 without brackets; an IPv4-mapped one is given as IPv4. */
  | { readonly kind: 'unicast'; readonly address: string; readonly family: Family }
  /** `0.0.0.0` or `::`: nowhere, which means hold (RFC 3264 8.4). */
  | { readonly kind: 'unspecified'; readonly family: Family }
  /** A host name, an address that is valid on one link only, something unreadable, or no c= at all: it is unknown where that is. */
  | { readonly kind: 'unknown'; readonly text: string }
  /** A group, or every host on a network: media of a call never goes there. */
  | { readonly kind: 'multicast'; readonly text: string }

const NONE: MediaAddress = { kind: 'unknown', text: '' }

/**
 * Reads the value of c=: `IN IP4 192.0.2.1`, `IN IP6 2001:db8::1`, with the TTL and the count of RFC 8866 5.7. The literal decides
 * the family, since some write `IN IP4` before an IPv6 address.
 */
export function readConnection(value: string): MediaAddress {
  const fields = value.trim().split(/\s+/)
  // `IN` and the family are left out by some.
  const literal = (fields.at(-1) ?? '').split('/', 1)[0] ?? ''
  if (literal === '' || /^IP[46]$/i.test(literal) || (fields.length === 1 && literal.toUpperCase() === 'IN')) return NONE
  return readAddress(literal)
}

/** Reads an IP literal (brackets and IPv4-mapped IPv6 understood), or says that the text is not one. */
export function readAddress(text: string): MediaAddress {
  const literal = text.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  const family = isIP(literal)
  if (family === 0) return { kind: 'unknown', text }
  const mapped = family === 6 ? mappedIPv4(literal) : undefined
  if (mapped !== undefined) return readAddress(mapped)
  if (family === 4) {
    const first = Number(literal.split('.', 1)[0])
    if (literal === '0.0.0.0') return { kind: 'unspecified', family: 4 }
    // 0.0.0.0/8 is no address of a host; 224/4 is multicast, 240/4 reserved, 255.255.255.255 broadcast.
    if (first === 0) return { kind: 'unknown', text }
    if (first >= 224) return { kind: 'multicast', text }
    return { kind: 'unicast', address: literal, family: 4 }
  }
  if (/^[0:]+$/.test(literal)) return { kind: 'unspecified', family: 6 }
  if (literal.startsWith('ff')) return { kind: 'multicast', text }
  // Link-local: without the zone, which only its owner knows, it leads nowhere.
  if (/^fe[89ab]/.test(literal)) return { kind: 'unknown', text }
  return { kind: 'unicast', address: literal, family: 6 }
}

/** `::ffff:192.0.2.1`, also in its hexadecimal form `::ffff:c000:201` -> `192.0.2.1` */
export function mappedIPv4(literal: string): string | undefined {
  const dotted = /^(?:0{0,4}:){1,5}(?::|0{1,4}:)?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(literal)?.[1]
  if (dotted !== undefined) return isIP(dotted) === 4 ? dotted : undefined
  const [, high, low] = /^(?:0{0,4}:){1,5}(?::|0{1,4}:)?ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(literal) ?? []
  if (high === undefined || low === undefined) return undefined
  const bits = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
}
