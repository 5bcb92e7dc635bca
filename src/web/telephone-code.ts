import { toE164 } from '../directory/telephone-number.js'

const known = new Map<string, string>()
const maxKnown = 5_000

/** A QR code that dials the number on a mobile, as SVG. @returns undefined for a number that cannot be dialled from elsewhere */
export async function telephoneCode(number: string): Promise<string | undefined> {
  const dialled = toE164(number)
  if (!dialled.startsWith('+')) return undefined
  const before = known.get(dialled)
  if (before !== undefined) return before
  const { encodeQR } = await import('qr')
  const code = encodeQR(`tel:${dialled}`, 'svg', { border: 1 })
  // A directory has few of them, and each takes some milliseconds.
  if (known.size >= maxKnown) known.clear()
  known.set(dialled, code)
  return code
}
