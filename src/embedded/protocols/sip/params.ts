import { endOfQuoted, isToken, splitOutside } from './text.js'

/**
 * Parameters behind a header value or a URI, in their order. Names are in lower case; a flag such as `;lr` has the value `null`.
 * Quoted values keep their quotes.
 */
export type Params = ReadonlyMap<string, string | null>

export const NO_PARAMS: Params = new Map()

/**
 * Reads `;a=b;c` (with or without the leading semicolon).
 * @returns undefined when a name is missing or no token, or a quoted value does not end
 */
export function parseParams(text: string): Params | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return NO_PARAMS
  const params = new Map<string, string | null>()
  const items = splitOutside(trimmed.startsWith(';') ? trimmed.slice(1) : trimmed, 59)
  for (const [at, item] of items.entries()) {
    // One semicolon at the end is a habit of some phones; more are noise (RFC 4475 3.1.2.1).
    if (item === '' && at > 0 && at === items.length - 1) continue
    const equals = item.indexOf('=')
    const name = (equals < 0 ? item : item.slice(0, equals)).trimEnd()
    if (!isParamName(name)) return undefined
    const value = equals < 0 ? null : item.slice(equals + 1).trimStart()
    if (value?.startsWith('"') && endOfQuoted(value, 0) !== value.length) return undefined
    const key = name.toLowerCase()
    if (!params.has(key)) params.set(key, value)
  }
  return params
}

/** URI parameter names may hold more than a token does: `[`, `]`, `/`, `:`, `&`, `$` (RFC 3261 25.1 `paramchar`). */
function isParamName(name: string): boolean {
  return isToken(name) || (name !== '' && /^[A-Za-z0-9\-_.!~*'()[\]/:&+$%`]+$/.test(name))
}

/** `;a=b;c`: ready to be appended. */
export function printParams(params: Params): string {
  let text = ''
  for (const [name, value] of params) text += value === null ? `;${name}` : `;${name}=${value}`
  return text
}

/** A copy with one parameter set (`null`: a flag; `undefined`: taken away). */
export function withParam(params: Params, name: string, value: string | null | undefined): Params {
  const copy = new Map(params)
  if (value === undefined) copy.delete(name)
  else copy.set(name, value)
  return copy
}
