import type { FastifyRequest } from 'fastify'
import { browserKnownForMs } from '../accounts/known-browsers.js'

/** Names of the cookie that carries a session. */
const names = {
  /** Browsers take a cookie of this name from this host alone, over TLS alone, and send it to no other (RFC 6265bis section 4.1.3.2). They treat loopback as secure. */
  secure: '__Host-ringround',
  /** For development over plain HTTP on a name other than loopback: such a cookie can be read on the way. */
  plain: 'ringround-without-tls',
} as const

const loopback = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)(:\d+)?$/i

/** Whether the browser reaches us, or the proxy before us, over TLS or loopback. */
export function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https' || loopback.test(request.headers.host ?? '')
}

/** Shows that the browser was sent to a sign-in provider from here. */
const stateName = '__Host-ringround-state'

/** The session secret that the request carries. */
export function sessionCookie(request: FastifyRequest): string | undefined {
  return cookieIn(request, names[isSecure(request) ? 'secure' : 'plain'])
}

export function stateIn(request: FastifyRequest): string | undefined {
  return cookieIn(request, stateName)
}

/** Sent over TLS and loopback only. Lax: the browser sends it when the provider redirects back here. */
export function stateCookie(state: string): string {
  return `${stateName}=${state}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600`
}

/** Recognises a browser used to sign in. */
const browserName = '__Host-ringround-browser'

export function browserIn(request: FastifyRequest): string | undefined {
  return cookieIn(request, browserName)
}

/** Lasts as long as browsers keep one. It signs nobody in. */
export function browserCookie(secret: string): string {
  return `${browserName}=${secret}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=${Math.floor(browserKnownForMs / 1_000)}`
}

function cookieIn(request: FastifyRequest, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.split('=', 2)
    // The first one: of two, a browser sends the one with the longer path first, and ours has none.
    if (key?.trim() === name) return value?.trim()
  }
  return undefined
}

/** `Set-Cookie` with this secret; without one, clears it. It ends with the browser; its lifetime is kept with the session. */
export function setSessionCookie(request: FastifyRequest, secret: string | undefined, maxAgeMs?: number): string {
  const secure = isSecure(request)
  const age = secret === undefined ? '; Max-Age=0' : maxAgeMs === undefined ? '' : `; Max-Age=${Math.floor(maxAgeMs / 1_000)}`
  return `${names[secure ? 'secure' : 'plain']}=${secret ?? ''}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}${age}`
}
