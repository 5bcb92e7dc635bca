import { parseParams, printParams, withParam, type Params } from './params.js'
import { endOfQuoted, isToken, quote, unquote } from './text.js'

/** The value of From, To, Contact, Route, P-Asserted-Identity and their like: RFC 3261 20.10. */
export interface NameAddr {
  /** Without quotes; empty where there is none. */
  readonly displayName: string
  /** The URI as written, of whatever scheme. `*` in `Contact: *`. */
  readonly uri: string
  /** The parameters of the header, not those of the URI. */
  readonly params: Params
}

/**
 * Reads one value. Without angle brackets, what stands behind the first semicolon belongs to the header, not to the URI, and the URI
 * may hold no comma, question mark or semicolon (RFC 3261 20.10).
 * @returns undefined when it is malformed
 */
export function parseNameAddr(text: string): NameAddr | undefined {
  const value = text.trim()
  if (value === '') return undefined
  let displayName = ''
  let open: number
  if (value.charCodeAt(0) === 34) {
    const end = endOfQuoted(value, 0)
    if (end < 0) return undefined
    displayName = unquote(value.slice(0, end))
    open = value.indexOf('<', end)
    if (open < 0 || value.slice(end, open).trim() !== '') return undefined
  } else {
    open = value.indexOf('<')
    if (open > 0) displayName = value.slice(0, open).trim()
  }
  if (open < 0) return parseAddrSpec(value)

  const close = value.indexOf('>', open)
  if (close < 0) return undefined
  if (displayName !== '' && value.charCodeAt(0) !== 34 && /["<>]/.test(displayName)) return undefined
  const uri = value.slice(open + 1, close)
  if (!isUriText(uri)) return undefined
  const rest = value.slice(close + 1).trim()
  if (rest !== '' && !rest.startsWith(';')) return undefined
  const params = parseParams(rest)
  return params === undefined ? undefined : { displayName, uri, params }
}

function parseAddrSpec(value: string): NameAddr | undefined {
  const semicolon = value.indexOf(';')
  const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim()
  if (uri !== '*' && (!isUriText(uri) || uri.includes('?') || uri.includes(','))) return undefined
  const params = parseParams(semicolon < 0 ? '' : value.slice(semicolon))
  return params === undefined ? undefined : { displayName: '', uri, params }
}

/** A scheme, a colon, something, and no blank: enough to be carried. Whether the scheme is served is a later question. */
function isUriText(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/.test(text)
}

export function printNameAddr(value: NameAddr): string {
  const name = value.displayName === '' ? '' : isPlainName(value.displayName) ? `${value.displayName} ` : `${quote(value.displayName)} `
  return `${name}<${value.uri}>${printParams(value.params)}`
}

function isPlainName(name: string): boolean {
  return isToken(name)
}

export function nameAddr(uri: string, displayName = '', params: Params = new Map()): NameAddr {
  return { displayName, uri, params }
}

/** The tag of a From or To value; undefined where it has none. */
export function tagOf(value: NameAddr): string | undefined {
  return value.params.get('tag') ?? undefined
}

export function withTag(value: NameAddr, tag: string): NameAddr {
  return { ...value, params: withParam(value.params, 'tag', tag) }
}
