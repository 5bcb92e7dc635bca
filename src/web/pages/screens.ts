import type { Accounts } from '../../accounts/accounts.js'
import type { Directory } from '../../directory/model.js'
import type { Operations } from '../../operations/operations.js'
import { fieldErrors } from '../field-errors.js'
import { isSecure, setSessionCookie } from '../cookies.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'
import { scopeField, scopeWritten } from '../scope-field.js'

export interface ScreenParts {
  readonly accounts: Accounts
  readonly operations: Pick<Operations, 'tokens'>
  readonly directory: () => Directory
  /** The pages' base URL in links, without a trailing slash. */
  readonly urlOf: (asked: Asked) => string
}

const dayMs = 24 * 60 * 60_000
/** Lifetimes, in days; the first is the default. */
const lives = [365, 90, 30, 7] as const
/** Browsers keep no cookie for longer. */
const longestCookieMs = 400 * dayMs
const looks = { '': 'As the screen prefers', dark: 'Dark', light: 'Light' } as const

/** Screens on a wall: each shows only the wallboard of its part, by a token that a link puts into its browser. */
export function screenPages(site: Site, { accounts, operations: { tokens }, directory, urlOf }: ScreenParts): void {
  site.menu({ href: '/screens', text: 'Screens', needs: 'tokens' })

  site.get('/screens', 'tokens', (asked) => shown(asked))

  site.post('/screens', 'tokens', async (asked) => {
    const { name = '', days = '', look = '' } = asked.form
    const scope = scopeWritten('tokens', asked, directory())
    const made = await tokens.forScreen(asked.by, { name, scope, days: Number(days), lines: asked.all('lines') })
    if (made.kind === 'refused') return shown(asked, { errors: fieldErrors(made) })
    return shown(asked, {
      link: `${urlOf(asked)}/screen/${made.value.secret}${look === 'dark' || look === 'light' ? `?look=${look}` : ''}`,
    })
  })

  site.post('/screens/:id/end', 'tokens', async (asked) => {
    const ended = await tokens.end(asked.by, 'kiosk', asked.params['id'] ?? '')
    return ended.kind === 'refused' ? missing : goTo('/screens', 'screenEnded')
  })

  /** @param link of a new one: shown only once */
  async function shown(
    asked: Asked,
    { link, errors = [] }: { readonly link?: string; readonly errors?: readonly FieldError[] } = {},
  ): Promise<Answer> {
    const screens = (await accounts.tokenBook.all()).filter(({ kind }) => kind === 'kiosk')
    const people = await accounts.peopleNamed(screens.map(({ madeBy }) => madeBy))
    return view(
      'screens.njk',
      'Screens',
      {
        values: link === undefined ? asked.form : {},
        link,
        screens: screens.map(({ id, name, scope, also = [], madeBy, createdAt, expiresAt, usedAt }) => ({
          id,
          name,
          createdAt,
          expiresAt,
          usedAt,
          scope: [scope, ...also].map((one) => site.scopeInWords(one)).join(', '),
          madeBy: people.get(madeBy)?.name ?? 'The service itself',
        })),
        scopes: scopeField('tokens', asked.identity, directory()),
        lineItems: [...directory().lines.values()]
          .map(({ id, name }) => ({ value: id, text: name, checked: link === undefined && asked.all('lines').includes(id) }))
          .sort((a, b) => a.text.localeCompare(b.text, 'en-GB')),
        lifeItems: lives.map((days) => ({ value: String(days), text: `${days} days` })),
        lookItems: Object.entries(looks).map(([value, text]) => ({ value, text })),
      },
      { errors },
    )
  }

  // The first visit moves the token from the address into a cookie. A browser with a signed-in user is asked first: it would be a screen from then on.
  site.get('/screen/:secret', 'anyone', async (asked) =>
    asked.identity.kind === 'person' && (await isGood(asked))
      ? view('screen-link.njk', 'Make this browser a screen', { look: lookOf(asked.query) })
      : begin(asked),
  )
  site.post('/screen/:secret', 'anyone', begin)

  function isGood(asked: Asked): Promise<boolean> {
    return accounts.tokenBook.isScreen(asked.params['secret'] ?? '')
  }

  async function begin(asked: Asked): Promise<Answer> {
    const secret = asked.params['secret'] ?? ''
    if (!isSecure(asked.request)) return view('screen-link.njk', 'Open this link over HTTPS', { plain: true }, { status: 403 })
    const identity = (await isGood(asked)) ? await accounts.identify({ cookie: secret, address: asked.request.ip }) : undefined
    if (identity?.kind !== 'token') return view('screen-link.njk', 'This link no longer works', { over: true }, { status: 404 })
    if (asked.identity.kind === 'person') await accounts.endSession(asked.by, asked.identity.person.id, asked.identity.session.id)
    const look = lookOf(asked.query) ?? lookOf(asked.form)
    const life = Math.min(longestCookieMs, (identity.token.expiresAt ?? Number.POSITIVE_INFINITY) - accounts.now())
    return {
      kind: 'goTo',
      path: `/wallboard${look === undefined ? '' : `?look=${look}`}`,
      cookies: [setSessionCookie(asked.request, secret, life)],
    }
  }
}

function lookOf({ look }: Readonly<Record<string, string>>): 'dark' | 'light' | undefined {
  return look === 'dark' || look === 'light' ? look : undefined
}
