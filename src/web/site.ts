import { randomBytes, randomInt } from 'node:crypto'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { By } from '../accounts/by.js'
import { meets, scopesOf, type Identity } from '../accounts/identity.js'
import { scopeName, type Need, type RoleName, type Scope } from '../accounts/roles.js'
import type { Directory } from '../directory/model.js'
import type { Store } from '../store/store.js'
import { assetRoutes, Assets } from './assets.js'
import { byOf, formTokenFor, isFormToken, NotLetIn } from './gate.js'
import { installableRoutes } from './installable.js'
import { navigationOf } from './menu.js'
import { notices, type Notice } from './notices.js'
import type { FieldError } from './render.js'

export type { FieldError } from './render.js'

/** What a page is given. */
export interface Asked {
  readonly request: FastifyRequest
  readonly identity: Identity
  /** Who makes a change, and from where. */
  readonly by: By
  readonly params: Readonly<Record<string, string>>
  /** Each name once; the first, if given several times. */
  readonly query: Readonly<Record<string, string>>
  /** Fields of a form; the first, if given several times. Empty for GET. */
  readonly form: Readonly<Record<string, string>>
  /** Every value of a field, for checkboxes. */
  readonly all: (field: string) => readonly string[]
}

/** The answer of a page. */
export type Answer =
  | {
      readonly kind: 'view'
      /** File in `templates/`, which extends `layout.njk`. */
      readonly template: string
      readonly title: string
      readonly data?: object
      /** Problems of the form sent; the status is 422 then, and the page begins with a summary. */
      readonly errors?: readonly FieldError[]
      readonly status?: number
      /** Modules of `assets/` besides `page.js`. */
      readonly scripts?: readonly string[]
      readonly bodyClass?: string
    }
  | {
      readonly kind: 'goTo'
      readonly path: string
      readonly notice?: Notice
      readonly cookies?: readonly string[]
      /** The browser clears what it keeps of ours. */ readonly forget?: true
    }
  /** A download. */
  | {
      readonly kind: 'file'
      /** ASCII, without quotes. */ readonly name: string
      readonly type: string
      readonly body: Readable | Buffer | string
    }
  /** No such page, or not theirs: the same answer. */
  | { readonly kind: 'missing' }

export function view(
  template: string,
  title: string,
  data: object = {},
  more: Pick<Extract<Answer, { kind: 'view' }>, 'errors' | 'status' | 'scripts' | 'bodyClass'> = {},
): Answer {
  return { kind: 'view', template, title, data, ...more }
}

/** After an action: a page that can be reloaded without repeating it. @param notice shown once at its top */
export function goTo(path: string, notice?: Notice): Answer {
  return { kind: 'goTo', path, ...(notice === undefined ? {} : { notice }) }
}

export const missing: Answer = { kind: 'missing' }

/** Pages in the menu, each shown to those who may see it. Pages add themselves. */
export interface MenuItem {
  readonly href: string
  readonly text: string
  readonly needs: Need
  /** People for whom it is the start page, even if others come before it in the menu. */
  readonly firstFor?: readonly RoleName[]
}

interface PageSettings {
  /** The size limit of a form; default: that of every request. */
  readonly bodyBytes?: number
  /** Open to a person who has yet to set up the second factor that their role requires. */
  readonly beforeSecondFactor?: true
  /** See `report`. */
  readonly fromReports?: true
}

export interface SiteParts {
  readonly store: Pick<Store, 'reportsAsOf'>
  readonly directory: () => Directory
}

/** The pages: each states its address, its requirement and its answer. docs/web.md */
export class Site {
  readonly #assets = new Assets()
  readonly #menu: MenuItem[] = []
  #render: Promise<(template: string, data: object) => string> | undefined

  constructor(
    private readonly app: FastifyInstance,
    private readonly parts: SiteParts,
  ) {
    assetRoutes(app, this.#assets)
    installableRoutes(app, this.#assets, async () =>
      (await this.#renderer())('offline.njk', { title: 'No connection', path: '/offline', scripts: ['offline.js'] }),
    )
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, text, done) =>
      done(null, new URLSearchParams(String(text))),
    )
    app.setErrorHandler<FastifyError | NotLetIn>((error, request, reply) => this.#failed(error, request, reply))
  }

  menu(item: MenuItem): void {
    this.#menu.push(item)
  }

  get(path: string, needs: Need, answer: (asked: Asked) => Answer | Promise<Answer>, more: PageSettings = {}): void {
    this.#page('GET', path, needs, answer, more)
  }

  /** A page of lists and reports: if their replica lags, it says as of when. */
  report(path: string, needs: Need, answer: (asked: Asked) => Answer | Promise<Answer>): void {
    this.#page('GET', path, needs, answer, { fromReports: true })
  }

  /** A form that was sent. A signed-in person's form carries `token` (`viewer.formToken`). */
  post(path: string, needs: Need, answer: (asked: Asked) => Answer | Promise<Answer>, more: PageSettings = {}): void {
    this.#page('POST', path, needs, answer, more)
  }

  #page(
    method: 'GET' | 'POST',
    url: string,
    needs: Need,
    answer: (asked: Asked) => Answer | Promise<Answer>,
    { bodyBytes, beforeSecondFactor, fromReports }: PageSettings,
  ): void {
    this.app.route({
      method,
      url,
      ...(bodyBytes === undefined ? {} : { bodyLimit: bodyBytes }),
      config: { needs, page: true, ...(beforeSecondFactor && { beforeSecondFactor }), ...(fromReports && { fromReports }) },
      schema: { hide: true },
      handler: async (request, reply) => {
        const fields = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
        if (method === 'POST' && hasFormToken(request.identity) && !isFormToken(request, fields.get('token') ?? ''))
          throw new NotLetIn('crossSite')
        const asked: Asked = {
          request,
          identity: request.identity,
          by: byOf(request),
          params: request.params as Readonly<Record<string, string>>,
          query: firsts(new URLSearchParams(request.url.split('?')[1] ?? '')),
          form: firsts(fields),
          all: (field) => fields.getAll(field),
        }
        return this.#send(request, reply, await answer(asked))
      },
    })
  }

  async #send(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
    void reply.header('cache-control', 'no-store')
    switch (answer.kind) {
      case 'goTo':
        // What pages have stored, and the service worker with its subscriptions.
        if (answer.forget) void reply.header('clear-site-data', '"storage"')
        if (answer.cookies !== undefined) void reply.header('set-cookie', [...answer.cookies])
        return reply.redirect(
          answer.notice === undefined ? answer.path : `${answer.path}${answer.path.includes('?') ? '&' : '?'}done=${answer.notice}`,
          303,
        )
      case 'file':
        return reply.header('content-disposition', `attachment; filename="${answer.name}"`).type(answer.type).send(answer.body)
      case 'missing':
        return this.#html(request, reply.status(404), 'missing.njk', { title: 'Page not found' })
      case 'view': {
        const { template, title, data, errors, status, scripts, bodyClass } = answer
        void reply.status(status ?? (errors && errors.length > 0 ? 422 : 200))
        return this.#html(request, reply, template, { ...data, title, errors, scripts, bodyClass })
      }
    }
  }

  #renderer(): Promise<(template: string, data: object) => string> {
    return (this.#render ??= import('./render.js').then(({ renderer }) => renderer(this.#assets)))
  }

  async #html(request: FastifyRequest, reply: FastifyReply, template: string, data: object): Promise<FastifyReply> {
    const render = await this.#renderer()
    const [path = '/', query] = request.url.split('?')
    const done = new URLSearchParams(query).get('done') ?? ''
    const notice = Object.hasOwn(notices, done) ? notices[done as Notice] : undefined
    const html = render(template, { ...data, path, notice, asOf: this.#asOf(request), viewer: this.#viewer(request) })
    void reply.header('cache-control', 'no-store').header('vary', 'accept-encoding').type('text/html; charset=utf-8')
    if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(html)
    return reply.header('content-encoding', 'gzip').send(await zipped(html + padding()))
  }

  /** As of when the page's figures are, if its replica lags; wall-clock ms. */
  #asOf(request: FastifyRequest): number | undefined {
    return request.routeOptions.config.fromReports === true ? this.parts.store.reportsAsOf() : undefined
  }

  #viewer(request: FastifyRequest): object | undefined {
    // A request refused before the gate has no identity.
    const identity = request.identity as Identity | undefined
    if (identity?.kind !== 'person') return undefined
    const { person, session, needsSecondFactor } = identity
    // They may open nothing else yet.
    const grants = needsSecondFactor ? [] : identity.grants
    const menu = needsSecondFactor ? [] : this.#menu
    return {
      id: person.id,
      name: person.name,
      formToken: formTokenFor(request),
      acting: session.acting ? scopeName(session.acting) : '',
      scopes: scopesOf(grants).map((scope) => ({ value: scopeName(scope), text: this.scopeInWords(scope) })),
      navigation: navigationOf(
        menu.filter(({ needs }) => meets(identity, needs)),
        request.url.split('?')[0] ?? '',
      ),
    }
  }

  /** A person's start page: what their role needs first; else the first page of the menu that they may see. */
  homeOf(identity: Identity): string {
    const may = this.#menu.filter(({ needs }) => meets(identity, needs))
    const has = identity.kind === 'person' ? identity.grants.map(({ role }) => role) : []
    const first = may.find(({ firstFor = [] }) => firstFor.some((role) => has.includes(role))) ?? may[0]
    return first?.href ?? '/account'
  }

  scopeInWords(scope: Scope): string {
    if (scope.kind === 'everywhere') return 'Everywhere'
    const { organisations, lines } = this.parts.directory()
    return (scope.kind === 'organisation' ? organisations : lines).get(scope.id)?.name ?? `${scope.id} (no longer in the directory)`
  }

  async #failed(error: FastifyError | NotLetIn, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (error instanceof NotLetIn) {
      if (error.why === 'notSignedIn')
        return this.#send(request, reply, goTo(request.method === 'GET' ? `/sign-in?next=${encodeURIComponent(request.url)}` : '/sign-in'))
      if (error.why === 'secondFactorNeeded')
        return this.#send(
          request,
          reply,
          goTo(`/account/confirm${request.method === 'GET' && request.url !== '/' ? `?next=${encodeURIComponent(request.url)}` : ''}`),
        )
      return this.#html(request, reply.status(403), 'refused.njk', {
        title: error.why === 'notAllowed' ? 'You cannot see this page' : 'This form cannot be taken',
        why: error.why,
      })
    }
    const { status = error.statusCode } = error as { readonly status?: number }
    if (status !== undefined && status < 500)
      return this.#html(request, reply.status(status), 'fault.njk', { title: 'The request cannot be read', why: error.message })
    request.log.error(error)
    return this.#html(request, reply.status(500), 'fault.njk', { title: 'Something went wrong' })
  }
}

const zipped = promisify(gzip)

/** Of random length, so that the compressed size of a page does not reveal its secrets to an attacker who injects text (BREACH). */
function padding(): string {
  return `<!-- ${randomBytes(randomInt(1, 65)).toString('base64url')} -->`
}

/** A screen on a wall has no form but the one to sign in. */
function hasFormToken(identity: Identity): boolean {
  return identity.kind === 'person' || (identity.kind === 'token' && identity.token.kind === 'api')
}

function firsts(params: URLSearchParams): Readonly<Record<string, string>> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [name, value] of params) found[name] ??= value
  return found
}
