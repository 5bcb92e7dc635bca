import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { Accounts } from '../accounts/accounts.js'
import type { By } from '../accounts/by.js'
import { actorOfIdentity, meets, nobody, type Identity } from '../accounts/identity.js'
import type { Need } from '../accounts/roles.js'
import { sessionCookie } from './cookies.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a route requires. A route without it lets nobody in. */
    needs?: Need
    /** A page for people: a visitor who is not signed in is sent to sign in. */
    page?: true
    /** It answers from lists and reports, read from a replica if there is one. */
    fromReports?: true
    /** Open to a person who has yet to set up the second factor that their role requires. */
    beforeSecondFactor?: true
  }
  interface FastifyInstance {
    /** Every route and what it requires, for code that walks them all. */
    declared: readonly Declared[]
  }
  interface FastifyRequest {
    /** The signed-in identity, set by the gate. */
    identity: Identity
  }
}

/** A route, and what it requires. */
export interface Declared {
  readonly method: string
  readonly url: string
  readonly needs: Need | undefined
  readonly page: boolean
}

/**
 * Why a request is not let in. `notSignedIn`: it carries no identity. `notAllowed`: no role of theirs carries it. `crossSite`: by the browser the request does not come from one of our own
 * pages, or the browser does not say. `secondFactorNeeded`: one of their roles requires a second factor, and they have shown none.
 */
export type Refusal = 'notSignedIn' | 'notAllowed' | 'crossSite' | 'secondFactorNeeded'

/** A refusal, thrown before the route is reached. */
export class NotLetIn extends Error {
  override readonly name = 'NotLetIn'
  constructor(readonly why: Refusal) {
    super(why)
  }
}

const harmless = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * The one gate: identifies each request, and lets it in if its roles carry what the route requires. For every route, the API's and the pages' alike: one that states no requirement
 * lets nobody in. A request with a cookie may change something only from a page of ours (browsers say where a request comes from, and have done so for years).
 * @throws NotLetIn
 */
export function gate(app: FastifyInstance, accounts: Accounts): void {
  app.decorateRequest('identity')
  const routes: RouteOptions[] = []
  app.decorate('declared', {
    getter: () =>
      routes.flatMap(({ method, url, config }) =>
        [method].flat().map((one) => ({ method: one, url, needs: config?.needs, page: config?.page === true })),
      ),
  })
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  app.addHook('onRequest', async (request) => {
    // An address that leads nowhere: there is nothing to protect.
    if (request.is404) {
      request.identity = nobody
      return
    }
    const bearer = bearerOf(request)
    const cookie = bearer === undefined ? sessionCookie(request) : undefined
    const { needs } = request.routeOptions.config
    request.identity =
      bearer === undefined && cookie === undefined ? nobody : await accounts.identify({ cookie, bearer, address: request.ip })
    if (needs === undefined) throw new NotLetIn('notAllowed')
    if (
      !harmless.has(request.method) &&
      bearer === undefined &&
      !isOurs(request) &&
      (cookie !== undefined || request.routeOptions.config.page)
    )
      throw new NotLetIn('crossSite')
    const { identity } = request
    if (needs !== 'anyone' && identity.kind === 'person' && identity.needsSecondFactor && !request.routeOptions.config.beforeSecondFactor)
      throw new NotLetIn('secondFactorNeeded')
    if (meets(identity, needs)) return
    throw new NotLetIn(identity.kind === 'nobody' ? 'notSignedIn' : 'notAllowed')
  })
}

function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^bearer +([\w.~+/-]+=*) *$/i.exec(headers.authorization ?? '')?.[1]
}

/** Fetch metadata, if the browser sends it (over TLS and on loopback); else the origin. */
function isOurs({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  return headers.origin !== undefined && headers.origin.toLowerCase().replace(/^https?:\/\//, '') === headers.host?.toLowerCase()
}

/**
 * The token that a form of ours carries: only a reader of our pages can know it. Written differently in each page, for pages are compressed: a constant one could be told from
 * their sizes (BREACH).
 */
export function formTokenFor(request: FastifyRequest): string {
  const mask = randomBytes(formTokenBytes)
  return Buffer.concat([mask, masked(formSecret(request), mask)]).toString('base64url')
}

export function isFormToken(request: FastifyRequest, token: string): boolean {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length !== 2 * formTokenBytes) return false
  return timingSafeEqual(masked(bytes.subarray(formTokenBytes), bytes.subarray(0, formTokenBytes)), formSecret(request))
}

const formTokenBytes = 32

function formSecret(request: FastifyRequest): Buffer {
  return createHmac('sha256', sessionCookie(request) ?? '')
    .update('form')
    .digest()
}

function masked(bytes: Buffer, mask: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte ^ (mask[index] ?? 0)))
}

/** Who makes a change, and from where. */
export function byOf(request: FastifyRequest): By {
  return { actor: actorOfIdentity(request.identity).id ?? '', address: request.ip }
}
