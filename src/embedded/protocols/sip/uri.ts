import { hostForUri } from './endpoint.js'
import { NO_PARAMS, parseParams, printParams, withParam, type Params } from './params.js'
import { parseDecimal } from './text.js'

/** A SIP or SIPS URI (RFC 3261 19.1). User and password as written, escapes included; the host in lower case. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  /** Empty where the URI has no user part. */
  readonly user: string
  readonly password: string | undefined
  /** IPv6 literals keep their brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly params: Params
  /** What stands behind the `?`, unparsed; empty where there is none. */
  readonly headers: string
}

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9._])?)$/
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|%[0-9A-Fa-f]{2})+$/
// `#` is no user character by the grammar, and every desk phone sends it in star codes.
const LENIENT_USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#|^{}`\\[\]]|[^\x00-\x7f]|%[0-9A-Fa-f]{2})+$/
const PASSWORD = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*$/

/** Reads a `sip:` or `sips:` URI. @returns undefined for another scheme and for what is no URI at all */
export function parseUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  const scheme = text.slice(0, colon).toLowerCase()
  if (scheme !== 'sip' && scheme !== 'sips') return undefined
  let rest = text.slice(colon + 1)

  let user = ''
  let password: string | undefined
  // The user part may hold `;` and `?` (RFC 3261 19.1.1), so the last `@` before the host decides; a host holds none.
  const at = rest.lastIndexOf('@')
  if (at >= 0) {
    const userInfo = rest.slice(0, at)
    rest = rest.slice(at + 1)
    const split = userInfo.indexOf(':')
    user = split < 0 ? userInfo : userInfo.slice(0, split)
    password = split < 0 ? undefined : userInfo.slice(split + 1)
    if (!USER.test(user) && !LENIENT_USER.test(user)) return undefined
    if (password !== undefined && !PASSWORD.test(password)) return undefined
  }

  let headers = ''
  const question = rest.indexOf('?')
  if (question >= 0) {
    headers = rest.slice(question + 1)
    rest = rest.slice(0, question)
  }
  let params: Params = NO_PARAMS
  const semicolon = rest.indexOf(';')
  if (semicolon >= 0) {
    const parsed = parseParams(rest.slice(semicolon))
    if (parsed === undefined) return undefined
    params = parsed
    rest = rest.slice(0, semicolon)
  }
  const place = parseHostPort(rest)
  if (place === undefined) return undefined
  return { scheme, user, password, host: place.host, port: place.port, params, headers }
}

/** Reads `host`, `host:port`, `[v6]:port`. @returns undefined when either part is malformed */
export function parseHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  let host = text.trim()
  let port: number | undefined
  const bracket = host.indexOf(']')
  const colon = bracket >= 0 ? host.indexOf(':', bracket) : host.indexOf(':')
  if (colon >= 0) {
    port = parseDecimal(host.slice(colon + 1).trim(), 65535)
    if (port === undefined) return undefined
    host = host.slice(0, colon).trimEnd()
  }
  if (!HOST.test(host)) return undefined
  return { host: host.toLowerCase(), port }
}

export function printUri(uri: SipUri): string {
  const password = uri.password === undefined ? '' : `:${uri.password}`
  const user = uri.user === '' && uri.password === undefined ? '' : `${uri.user}${password}@`
  const port = uri.port === undefined ? '' : `:${uri.port}`
  const headers = uri.headers === '' ? '' : `?${uri.headers}`
  return `${uri.scheme}:${user}${hostForUri(uri.host)}${port}${printParams(uri.params)}${headers}`
}

/** A URI from its parts. `user` is escaped as far as the grammar asks. */
export function sipUri(user: string, host: string, port?: number, params: Params = NO_PARAMS): SipUri {
  return { scheme: 'sip', user: escapeUser(user), password: undefined, host, port, params, headers: '' }
}

/** Percent-escapes what may not stand in a user part. */
export function escapeUser(user: string): string {
  return user.replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, (c) => encodeURIComponent(c))
}

/** The user part with its percent escapes undone; as it stands when they are broken. */
export function unescapeUser(user: string): string {
  if (!user.includes('%')) return user
  try {
    return decodeURIComponent(user)
  } catch {
    return user
  }
}

/** A copy with one URI parameter set or (`undefined`) taken away. */
export function withUriParam(uri: SipUri, name: string, value: string | null | undefined): SipUri {
  return { ...uri, params: withParam(uri.params, name, value) }
}
