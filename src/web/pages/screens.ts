import type { Accounts } from '../../accounts/accounts.js'
import { scopeName, scopeNamed } from '../../accounts/roles.js'
import type { Directory } from '../../directory/model.js'
import { isSecure, setSessionCookie } from '../cookies.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'
import { isKnown, scopeItems } from './people.js'

export interface ScreenParts {
  readonly accounts: Accounts
  readonly directory: () => Directory
  /** Where our pages are for whoever follows a link, without a slash at the end. */
  readonly urlOf: (asked: Asked) => string
}

const dayMs = 24 * 60 * 60_000
/** For how long, in days; the first is offered. */
const lives = [365, 90, 30, 7] as const
/** Browsers keep no cookie for longer. */
const longestCookieMs = 400 * dayMs
const looks = { '': 'As the screen prefers', dark: 'Dark', light: 'Light' } as const

/** Screens on a wall: each shows the wallboard of its part and nothing else, by a token that a link brings into its browser. */
export function screenPages(site: Site, { accounts, directory, urlOf }: ScreenParts): void {
  site.menu({ href: '/screens', text: 'Screens', needs: 'tokens' })

  site.get('/screens', 'tokens', (asked) => shown(asked))

  site.post('/screens', 'tokens', async (asked) => {
    const { all } = asked
    const { name = '', scope: scopeText = '', days = '', look = '' } = asked.form
    const scope = scopeNamed(scopeText)
    const life = lives.find((one) => String(one) === days)
    const errors: FieldError[] = []
    if (name.trim() === '' || name.length > 100) errors.push({ field: 'name', message: 'Enter where the screen hangs, up to 100 characters' })
    if (scope === undefined || !isKnown(scope, directory())) errors.push({ field: 'scope', message: 'Choose what it shows' })
    const also = all('lines').flatMap((id) => scopeNamed(`line:${id}`) ?? []).filter((one) => scopeName(one) !== scopeText)
    if (also.some((one) => !isKnown(one, directory()))) errors.push({ field: 'lines', message: 'Choose lines of the directory' })
    else if (also.length > 0 && scope?.kind !== 'line') errors.push({ field: 'lines', message: 'More lines go with a line: choose one of them as what it shows, or take the marks away' })
    if (life === undefined) errors.push({ field: 'days', message: 'Choose for how long' })
    if (errors.length > 0 || scope === undefined || life === undefined) return shown(asked, { errors })
    const { secret } = await accounts.tokenBook.makeScreen(asked.by, { name: name.trim(), scope, ...(also.length === 0 ? {} : { also }), expiresAt: accounts.now() + life * dayMs })
    return shown(asked, { link: `${urlOf(asked)}/screen/${secret}${look === 'dark' || look === 'light' ? `?look=${look}` : ''}` })
  })

  site.post('/screens/:id/end', 'tokens', async (asked) => {
    const id = asked.params['id'] ?? ''
    if (!(await accounts.tokenBook.all()).some((token) => token.id === id && token.kind === 'kiosk')) return missing
    return (await accounts.tokenBook.end(asked.by, id)) ? goTo('/screens', 'screenEnded') : missing
  })

  /** @param link of one that was just made: shown this once */
  async function shown(asked: Asked, { link, errors = [] }: { readonly link?: string; readonly errors?: readonly FieldError[] } = {}): Promise<Answer> {
    const screens = (await accounts.tokenBook.all()).filter(({ kind }) => kind === 'kiosk')
    const people = await accounts.peopleNamed(screens.map(({ madeBy }) => madeBy))
    return view(
      'screens.njk',
      'Screens',
      {
        values: link === undefined ? asked.form : {},
        link,
        screens: screens.map(({ id, name, scope, also = [], madeBy, createdAt, expiresAt, usedAt }) => ({ id, name, createdAt, expiresAt, usedAt, scope: [scope, ...also].map((one) => site.scopeInWords(one)).join(', '), madeBy: people.get(madeBy)?.name ?? 'The service itself' })),
        scopeItems: scopeItems(directory()),
        lineItems: [...directory().lines.values()].map(({ id, name }) => ({ value: id, text: name, checked: link === undefined && asked.all('lines').includes(id) })).sort((a, b) => a.text.localeCompare(b.text, 'en-GB')),
        lifeItems: lives.map((days) => ({ value: String(days), text: `${days} days` })),
        lookItems: Object.entries(looks).map(([value, text]) => ({ value, text })),
      },
      { errors },
    )
  }

  // The first visit takes the token out of the address and into a cookie. A browser in which somebody is signed in is asked first: it would be a screen from then on.
  site.get('/screen/:secret', 'anyone', async (asked) => (asked.identity.kind === 'person' && (await isGood(asked)) ? view('screen-link.njk', 'Make this browser a screen', { look: lookOf(asked.query) }) : begin(asked)))
  site.post('/screen/:secret', 'anyone', begin)

  function isGood(asked: Asked): Promise<boolean> {
    return accounts.tokenBook.isScreen(asked.params['secret'] ?? '')
  }

  async function begin(asked: Asked): Promise<Answer> {
    const secret = asked.params['secret'] ?? ''
    if (!isSecure(asked.request)) return view('screen-link.njk', 'Open this link over HTTPS', { plain: true }, { status: 403 })
    const identity = (await isGood(asked)) ? await accounts.identify({ cookie: secret, address: asked.request.ip }) : undefined
    if (identity?.kind !== 'token') return view('screen-link.njk', 'This link is good no more', { over: true }, { status: 404 })
    if (asked.identity.kind === 'person') await accounts.endSession(asked.by, asked.identity.person.id, asked.identity.session.id)
    const look = lookOf(asked.query) ?? lookOf(asked.form)
    const life = Math.min(longestCookieMs, (identity.token.expiresAt ?? Number.POSITIVE_INFINITY) - accounts.now())
    return { kind: 'goTo', path: `/wallboard${look === undefined ? '' : `?look=${look}`}`, cookies: [setSessionCookie(asked.request, secret, life)] }
  }
}

function lookOf({ look }: Readonly<Record<string, string>>): 'dark' | 'light' | undefined {
  return look === 'dark' || look === 'light' ? look : undefined
}
