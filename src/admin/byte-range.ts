/** The bytes of a file to send, both ends included. */
export type ByteRange =
  { readonly kind: 'all' } | { readonly kind: 'part'; readonly first: number; readonly last: number } | { readonly kind: 'unsatisfiable' }

/**
 * Reads a Range header (RFC 9110 section 14). One range is honoured; anything else, or several ranges, gets
 * the whole file, as section 14.2 allows.
 */
export function byteRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '')
  if (!match) return { kind: 'all' }
  const [, from = '', to = ''] = match
  if (from === '') {
    if (to === '') return { kind: 'all' }
    const length = Number(to)
    if (length === 0 || size === 0) return { kind: 'unsatisfiable' }
    return { kind: 'part', first: Math.max(0, size - length), last: size - 1 }
  }
  const first = Number(from)
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  // Section 14.1.1: a last position before the first makes the header invalid, and it is ignored.
  if (to !== '' && Number(to) < first) return { kind: 'all' }
  return first >= size ? { kind: 'unsatisfiable' } : { kind: 'part', first, last }
}
