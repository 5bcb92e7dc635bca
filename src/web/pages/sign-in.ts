import type { Accounts, SignedIn } from '../../accounts/accounts.js'
import { setSessionCookie, isSecure } from '../cookies.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

export interface SignInParts {
  readonly accounts: Accounts
  /** Signs in to the demo world; undefined outside of it. @returns the secret of a fresh link */
  readonly demoLink?: (() => Promise<string>) | undefined
  /** By which network an address is counted. */
  readonly networkOf: (address: string) => string
}

/** Signing in and out. */
export function signInPages(site: Site, { accounts, demoLink, networkOf }: SignInParts): void {
  const form = (asked: Asked, errors: readonly FieldError[] = []) =>
    view('sign-in.njk', 'Sign in', { email: asked.form['email'] ?? '', next: nextOf(asked.query['next'] ?? asked.form['next']), demo: demoLink !== undefined, secure: isSecure(asked.request) }, { errors, scripts: ['password.js'] })

  site.get('/sign-in', 'anyone', (asked) => (asked.identity.kind === 'person' ? goTo(nextOf(asked.query['next']) ?? site.homeOf(asked.identity)) : form(asked)))

  site.post('/sign-in', 'anyone', async (asked) => {
    const { email = '', password = '', next } = asked.form
    const errors = [...(email.trim() === '' ? [{ field: 'email', message: 'Enter your email address' }] : []), ...(password === '' ? [{ field: 'password', message: 'Enter your password' }] : [])]
    if (errors.length > 0) return form(asked, errors)
    if (!isSecure(asked.request)) return form(asked, [{ field: '', message: 'Passwords are taken over HTTPS alone' }])
    const signedIn = await accounts.signInByPassword({ email, password: password.slice(0, 1_000) }, { ...fromOf(asked), network: networkOf(asked.request.ip) })
    switch (signedIn.kind) {
      case 'wrong':
        return form(asked, [{ field: 'email', message: 'The email address or the password is wrong' }])
      case 'slow':
        return form(asked, [{ field: 'email', message: `Too many wrong passwords from your network. Try again in ${inWords(signedIn.waitMs)}` }])
      case 'in':
        return begun(asked, signedIn, next)
    }
  })

  if (demoLink) {
    site.post('/sign-in/demo', 'anyone', async (asked) => {
      const signedIn = await accounts.signInByLink(await demoLink(), fromOf(asked))
      return signedIn.kind === 'in' ? begun(asked, signedIn, asked.form['next']) : missing
    })
  }

  // Opening the address changes nothing, since programs that look into messages open it as well; pressing the button does. That of the demo needs no button: there is nothing to protect.
  site.get('/sign-in/link/:secret', 'anyone', async (asked) => {
    const link = await accounts.link(asked.params['secret'] ?? '')
    const person = link && (await accounts.person(link.person))
    if (!link || !person) return view('link.njk', 'This link has been used, or is too old', {}, { status: 404 })
    return link.kind === 'demo' ? follow(asked) : view('link.njk', 'Sign in to Ringround', { name: person.name, invited: link.kind === 'invitation' })
  })

  site.post('/sign-in/link/:secret', 'anyone', follow)

  async function follow(asked: Asked): Promise<Answer> {
    const link = await accounts.link(asked.params['secret'] ?? '')
    // A session can be read on the way as a password can; in the demo there is nothing to read.
    if (link !== undefined && link.kind !== 'demo' && !isSecure(asked.request)) return view('link.njk', 'Sign in over HTTPS', { plain: true }, { status: 403 })
    const signedIn = await accounts.signInByLink(asked.params['secret'] ?? '', fromOf(asked))
    if (signedIn.kind !== 'in') return view('link.njk', 'This link has been used, or is too old', {}, { status: 404 })
    return begun(asked, signedIn, signedIn.session.method === 'demo' || (await accounts.hasPassword(signedIn.person.id)) ? undefined : '/account/password')
  }

  async function begun(asked: Asked, { secret }: Extract<SignedIn, { kind: 'in' }>, next: string | undefined): Promise<Answer> {
    // One that was open in this browser before is over: nobody comes back to it.
    if (asked.identity.kind === 'person') await accounts.endSession(asked.by, asked.identity.person.id, asked.identity.session.id)
    const path = nextOf(next) ?? site.homeOf(await accounts.identify({ cookie: secret }))
    return { kind: 'goTo', path, cookie: setSessionCookie(asked.request, secret) }
  }

  site.post('/sign-out', 'signedIn', async (asked) => {
    if (asked.identity.kind === 'person') await accounts.endSession(asked.by, asked.identity.person.id, asked.identity.session.id)
    return { kind: 'goTo', path: '/sign-in', notice: 'signedOut', cookie: setSessionCookie(asked.request, undefined) }
  })
}

export function fromOf({ request }: Asked): { readonly address: string; readonly userAgent: string } {
  return { address: request.ip, userAgent: request.headers['user-agent'] ?? '' }
}

/** A page of ours to go on to; undefined: anything else, such as an address elsewhere that only looks like one. */
export function nextOf(text: string | undefined): string | undefined {
  return text !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(text) && !text.startsWith('/sign-in') ? text : undefined
}

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`
}
