import type { FastifyInstance } from 'fastify'
import { ApiError } from './api-error.js'

/** Only our own files run or show on our pages. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/

/**
 * Security headers of our pages, and the guard against DNS rebinding: bound to loopback, the server answers only requests for a loopback
 * name, so that a foreign page whose name suddenly resolves to 127.0.0.1 reads no calls. Nor can such a page change anything
 * or begin a call: browsers send a request's origin.
 */
export function webSafety(
  app: FastifyInstance,
  { address, allowedHosts = [] }: { readonly address: string; readonly allowedHosts?: readonly string[] },
): void {
  const names = new Set([address, ...allowedHosts].map((name) => name.toLowerCase()))
  app.addHook('onRequest', async (request, reply) => {
    // With `no-referrer` browsers send `Origin: null` with our own forms (Fetch, "append a request Origin header").
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=(self)',
      // Browsers and proxies keep no copy of anything private; cacheable answers say so themselves.
      'cache-control': 'no-store',
    })
    // Over TLS, also by our proxy.
    if (request.protocol === 'https') void reply.header('strict-transport-security', 'max-age=31536000')
    // The documentation pages have their own policy.
    if (!request.url.startsWith('/docs')) void reply.header('content-security-policy', policy)
    const host = hostName(request.headers.host)
    if (loopback.test(address) && !loopback.test(host) && !names.has(host))
      throw new ApiError('wrongHost', `This server does not go by the name "${host}".`)
    const { origin } = request.headers
    const elsewhere = origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, '') !== request.headers.host?.toLowerCase()
    if (elsewhere && !['GET', 'HEAD', 'OPTIONS'].includes(request.method))
      throw new ApiError('crossSite', `Pages of ${origin} may change nothing here.`)
  })
}

/** Without the port, in small letters; `[::1]` without its brackets. */
function hostName(header: string | undefined): string {
  const name = (header ?? '').toLowerCase()
  const bracketed = /^\[([^\]]*)\]/.exec(name)
  return bracketed?.[1] ?? name.replace(/:\d+$/, '')
}
