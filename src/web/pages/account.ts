import type { Accounts } from '../../accounts/accounts.js'
import { roles, scopeName, scopeNamed } from '../../accounts/roles.js'
import { scopesOf, type Identity } from '../../accounts/identity.js'
import { goTo, missing, view, type Asked, type FieldError, type Site } from '../site.js'
import { nextOf } from './sign-in.js'

type Signed = Extract<Identity, { kind: 'person' }>

/** NIST SP 800-63B: long enough, and no rules of what has to be in it. */
const shortest = 12

/** One's own account: password, roles, sessions. */
export function accountPages(site: Site, { accounts }: { readonly accounts: Accounts }): void {
  site.get('/account', 'signedIn', async (asked) => {
    const { person, session, grants } = signed(asked)
    const sessions = await accounts.sessions(person.id)
    return view('account.njk', 'Your account', {
      person,
      hasPassword: await accounts.hasPassword(person.id),
      roles: grants.map(({ role, scope, until }) => ({ name: roles[role].name, what: roles[role].what, scope: site.scopeInWords(scope), until })),
      sessions: sessions.map((one) => ({ ...one, device: deviceOf(one.userAgent), isThis: one.id === session.id })),
    })
  })

  site.post('/account/sessions/:id/end', 'signedIn', async (asked) => {
    const { person, session } = signed(asked)
    const id = asked.params['id'] ?? ''
    if (id === session.id) return goTo('/account')
    return goTo('/account', (await accounts.endSession(asked.by, person.id, id)) ? 'sessionEnded' : 'sessionOver')
  })

  const passwordForm = (asked: Asked, errors: readonly FieldError[] = []) => view('password.njk', 'Choose a password', { person: signed(asked).person, shortest }, { errors, scripts: ['password.js'] })
  site.get('/account/password', 'signedIn', (asked) => passwordForm(asked))
  site.post('/account/password', 'signedIn', async (asked) => {
    const { person, session } = signed(asked)
    const password = asked.form['password'] ?? ''
    const wrong = whatIsWrongWith(password, [person.name, person.email ?? '', 'ringround'])
    if (wrong !== undefined) return passwordForm(asked, [{ field: 'password', message: wrong }])
    await accounts.setPassword(asked.by, person.id, password, session.id)
    return goTo('/account', 'passwordSet')
  })

  site.post('/acting', 'signedIn', async (asked) => {
    const { session, grants } = signed(asked)
    const scope = scopeNamed(asked.form['scope'] ?? '')
    if (scope !== undefined && !scopesOf(grants).some((one) => scopeName(one) === scopeName(scope))) return missing
    await accounts.actFor(session.id, scope)
    return goTo(nextOf(asked.form['back']) ?? '/account')
  })
}

/** The gate has let in nobody else. */
export function signed({ identity }: Asked): Signed {
  if (identity.kind !== 'person') throw new Error('a page for people was shown to somebody who is not signed in')
  return identity
}

/** Undefined: nothing. @param names what others try first */
export function whatIsWrongWith(password: string, names: readonly string[]): string | undefined {
  const { length } = Array.from(password)
  if (length === 0) return 'Enter a password'
  if (length < shortest) return `Your password must have ${shortest} characters or more; three words that have nothing to do with each other are easy to remember`
  if (length > 200) return 'Your password must have 200 characters or fewer'
  const plain = password.toLowerCase()
  if (new Set(plain).size < 5) return 'Your password must have more than a few different characters'
  const named = names.flatMap((name) => name.toLowerCase().split(/[\s@.]+/)).filter((name) => name.length >= 4 && plain.includes(name))
  // What is left of it once names are taken out has to be a password by itself.
  const rest = named.reduce((text, name) => text.replaceAll(name, ''), plain)
  if (named.length > 0 && rest.length < shortest - 4) return 'Your password must not be made of your name or that of the service'
  return undefined
}

/** A browser in words: enough to know one's own by. */
function deviceOf(userAgent: string): string {
  const browser = /Edg\//.test(userAgent) ? 'Edge' : /Firefox\//.test(userAgent) ? 'Firefox' : /Chrome\//.test(userAgent) ? 'Chrome' : /Safari\//.test(userAgent) ? 'Safari' : 'Another browser'
  const system = /Windows/.test(userAgent) ? 'Windows' : /Android/.test(userAgent) ? 'Android' : /iPhone|iPad/.test(userAgent) ? 'iOS' : /Mac OS/.test(userAgent) ? 'macOS' : /Linux/.test(userAgent) ? 'Linux' : ''
  return system === '' ? browser : `${browser} on ${system}`
}
