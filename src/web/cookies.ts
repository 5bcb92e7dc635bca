import type { FastifyRequest } from 'fastify'
import { browserKnownForMs } from '../accounts/known-browsers.js'

/** Names of the cookie that carries a session. */
const names = {
  /** Browsers take a cookie of this name from this host alone, over TLS alone, and send it to no other (RFC 6265bis section 4.1.3.2). They count loopback as safe. */
  secure: '__Host-ringround',
  /** For development, over plain HTTP under another name than loopback's: such a cookie can be read on the way. */
  plain: 'ringround-without-tls',
} as const

const loopback = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)(:\d+)?$/i

/** Whether the browser talks to us, or to the proxy before us, by TLS, or over loopback. */
export function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https' || loopback.test(request.headers.host ?? '')
}

/** By which a browser shows that it was sent to a sign-in provider from here. */
const stateName = '__Host-ringround-state'

/** The secret of the session that the request carries. */
export function sessionCookie(request: FastifyRequest): string | undefined {
  return cookieIn(request, names[isSecure(request) ? 'secure' : 'plain'])
}

export function stateIn(request: FastifyRequest): string | undefined {
  return cookieIn(request, stateName)
}

/** Taken over TLS and loopback alone. Lax: it comes back with the browser that is sent here by the provider. */
export function stateCookie(state: string): string {
  return `${stateName}=${state}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600`
}

/** By which a browser is known again in which somebody signs in. */
const browserName = '__Host-ringround-browser'

export function browserIn(request: FastifyRequest): string | undefined {
  return cookieIn(request, browserName)
}

/** Stays as long as browsers keep one. It signs nobody in. */
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

/** `Set-Cookie` with this secret; without one, takes it back. It ends with the browser; how long it is good for is kept with the session. */
export function setSessionCookie(request: FastifyRequest, secret: string | undefined, maxAgeMs?: number): string {
  const secure = isSecure(request)
  const age = secret === undefined ? '; Max-Age=0' : maxAgeMs === undefined ? '' : `; Max-Age=${Math.floor(maxAgeMs / 1_000)}`
  return `${names[secure ? 'secure' : 'plain']}=${secret ?? ''}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}${age}`
}
