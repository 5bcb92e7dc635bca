/** A key press carried by INFO. */
export interface KeyInInfo {
  readonly key: string
  /** 0 where it is not given. */
  readonly durationMs: number
}

/** Keys by their number as events (RFC 4733 section 3.2). */
const KEYS = '0123456789*#ABCD'

/**
 * Reads the key in the body of an INFO. Two content types are in use, and no standard says what is in either:
 * - `application/dtmf-relay` (Cisco): `Signal=5`, `Duration=160` (ms), a line each;
 * - `application/dtmf`: the key alone, or the same lines.
 *
 * Each is found under the name of the other, with spaces, quotes, colons, semicolons for line ends, and star and hash as 10 and 11.
 * @returns undefined where it holds no key
 */
export function keyInInfo(contentType: string | undefined, body: string | undefined): KeyInInfo | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (body === undefined || (type !== 'application/dtmf' && type !== 'application/dtmf-relay')) return undefined
  const fields = new Map<string, string>()
  let bare: string | undefined
  for (const line of body.split(/[\r\n;]+/)) {
    const [, name, value] = /^\s*([a-z-]+)\s*[=:]\s*(.*)$/i.exec(line) ?? []
    if (name !== undefined) fields.set(name.toLowerCase(), unquoted(value ?? ''))
    else if (line.trim() !== '') bare ??= unquoted(line)
  }
  const key = keyOf(fields.get('signal') ?? bare ?? '')
  const durationMs = Number(/^\d{1,6}/.exec(fields.get('duration') ?? '')?.[0] ?? 0)
  return key === undefined ? undefined : { key, durationMs }
}

function unquoted(text: string): string {
  return text
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim()
}

function keyOf(signal: string): string | undefined {
  if (/^1[0-5]$/.test(signal)) return KEYS[Number(signal)]
  const key = signal.toUpperCase()
  return key.length === 1 && KEYS.includes(key) ? key : undefined
}
