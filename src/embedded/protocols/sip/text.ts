/** The lexical ground of SIP: RFC 3261 25.1. Scanners instead of regular expressions where a stranger's text is read. */

const TOKEN = new Uint8Array(128)
for (const c of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~") TOKEN[c.charCodeAt(0)] = 1

/** Whether the whole text is a `token`. */
export function isToken(text: string): boolean {
  if (text.length === 0) return false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 128 || TOKEN[c] !== 1) return false
  }
  return true
}

/** Whether the whole text is one or more ASCII digits. */
export function isDigits(text: string): boolean {
  if (text.length === 0) return false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 48 || c > 57) return false
  }
  return true
}

/** An unsigned decimal no greater than `max`; undefined for anything else. */
export function parseDecimal(text: string, max: number): number | undefined {
  if (!isDigits(text) || text.length > 15) return undefined
  const value = Number(text)
  return value <= max ? value : undefined
}

/** Index just behind the closing quote of the quoted string that opens at `at`; -1 when it never closes. */
export function endOfQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 92) i++
    else if (c === 34) return i + 1
  }
  return -1
}

/** Splits at commas that stand outside quoted strings and angle brackets. Empty items are left out. */
export function splitList(text: string): string[] {
  if (!text.includes(',')) {
    const only = text.trim()
    return only === '' ? [] : [only]
  }
  return splitOutside(text, 44).filter((item) => item !== '')
}

/** Splits at the character code outside quoted strings and angle brackets; items trimmed. */
export function splitOutside(text: string, separator: number): string[] {
  const items: string[] = []
  let start = 0
  let inAngle = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 34) {
      const end = endOfQuoted(text, i)
      if (end < 0) break
      i = end - 1
    } else if (c === 60) inAngle = true
    else if (c === 62) inAngle = false
    else if (c === separator && !inAngle) {
      items.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  items.push(text.slice(start).trim())
  return items
}

/** The text between the quotes with its escapes undone; text without quotes as it stands. */
export function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text
  const inner = text.slice(1, -1)
  return inner.includes('\\') ? inner.replace(/\\(.)/gs, '$1') : inner
}

/** A `quoted-string` of that text. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
