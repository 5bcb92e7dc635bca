import type { Accounts } from '../../accounts/accounts.js'
import type { SignedIn } from '../../accounts/sign-ins.js'
import { browserInWords } from '../../accounts/known-browsers.js'
import { placeOf } from '../../accounts/place.js'
import type { NotChecked } from '../../accounts/second-factors.js'
import type { From } from '../../accounts/sessions.js'
import type { Outbox } from '../../outbox/outbox.js'
import { browserCookie, browserIn, isSecure, setSessionCookie } from '../cookies.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

export interface SignInParts {
  readonly accounts: Accounts
  /** Signs in to the demo world; undefined outside it. @returns the secret of a new link */
  readonly demoLink?: (() => Promise<string>) | undefined
  /** The network that an address counts towards. */
  readonly networkOf: (address: string) => string
  /** The pages' base URL for this request, without a trailing slash. */
  readonly urlOf: (asked: Asked) => string
  /** Providers whose accounts can sign in here. */
  readonly providers: readonly { readonly id: string; readonly name: string }[]
  /** E-mails a sign-in link on request. Undefined: an administrator gives them out. */
  readonly outbox?: Outbox | undefined
}

/** The result of a correct sign-in: a session and the wanted page, or the question for a second factor. */
export type Begun = (
  asked: Asked,
  signedIn: Extract<SignedIn, { readonly kind: 'in' | 'second' }>,
  next: string | undefined,
) => Answer | Promise<Answer>

/** A repeated request within this time sends nothing more, ms. */
const askedAgainMs = 5 * 60_000

/** Signing in and out. @returns how other ways to sign in go on */
export function signInPages(site: Site, { accounts, demoLink, networkOf, urlOf, providers, outbox }: SignInParts): Begun {
  const form = (asked: Asked, errors: readonly FieldError[] = []) =>
    view(
      'sign-in.njk',
      'Sign in',
      {
        email: asked.form['email'] ?? '',
        next: nextOf(asked.query['next'] ?? asked.form['next']),
        demo: demoLink !== undefined,
        secure: isSecure(asked.request),
        passkeys: placeOf(urlOf(asked)) !== undefined,
        providers,
        mailing: outbox !== undefined,
      },
      { errors, scripts: ['password.js'] },
    )

  site.get('/sign-in', 'anyone', (asked) =>
    asked.identity.kind === 'person' ? goTo(nextOf(asked.query['next']) ?? site.homeOf(asked.identity)) : form(asked),
  )

  site.post('/sign-in', 'anyone', async (asked) => {
    const { email = '', password = '', next } = asked.form
    const errors = [
      ...(email.trim() === '' ? [{ field: 'email', message: 'Enter your email address' }] : []),
      ...(password === '' ? [{ field: 'password', message: 'Enter your password' }] : []),
    ]
    if (errors.length > 0) return form(asked, errors)
    if (!isSecure(asked.request)) return form(asked, [{ field: '', message: 'Passwords are only accepted over HTTPS' }])
    const signedIn = await accounts.signIns.byPassword(
      { email, password: password.slice(0, 1_000) },
      { ...fromOf(asked), network: networkOf(asked.request.ip) },
    )
    switch (signedIn.kind) {
      case 'in':
      case 'second':
        return begun(asked, signedIn, next)
      case 'slow':
        return form(asked, [
          { field: 'email', message: `Too many wrong passwords from your network. Try again in ${inWords(signedIn.waitMs)}` },
        ])
      default:
        return form(asked, [{ field: 'email', message: 'The email address or the password is wrong' }])
    }
  })

  if (outbox) {
    // The same answer, and as fast, whether the account exists or not.
    site.post('/sign-in/send-link', 'anyone', async (asked) => {
      const email = (asked.form['email'] ?? '').trim()
      if (email === '' || email.length > 200) return form(asked, [{ field: 'email', message: 'Enter your email address' }])
      const waitMs = await accounts.signIns.mayAskForLink(email, networkOf(asked.request.ip))
      if (waitMs > 0)
        return form(asked, [
          { field: 'email', message: `Too many links have been requested from your network. Try again in ${inWords(waitMs)}` },
        ])
      const person = await accounts.personByEmail(email)
      if (person && person.disabledAt === undefined)
        await outbox.put(
          person.id,
          { kind: 'signInLink', by: person.id },
          `asked ${person.id} ${Math.floor(accounts.now() / askedAgainMs)}`,
        )
      return goTo('/sign-in', 'linkAsked')
    })
  }

  // The second factor

  const secondForm = (asked: Asked, { step }: { readonly step: string }, next: string | undefined, errors: readonly FieldError[] = []) =>
    view('second.njk', 'Enter your code', { step, next: nextOf(next), passkeys: placeOf(urlOf(asked)) !== undefined }, { errors })

  site.post('/sign-in/second', 'anyone', async (asked) => {
    const { step = '', code = '', next } = asked.form
    if (code.trim() === '') return secondForm(asked, { step }, next, [{ field: 'code', message: 'Enter a code' }])
    const signedIn = await accounts.signIns.byCode(step, code.slice(0, 100), fromOf(asked))
    if (signedIn.kind === 'in') return begun(asked, signedIn, next)
    if (signedIn.kind === 'over' || signedIn.kind === 'second')
      return form(asked, [{ field: 'email', message: 'That took too long. Sign in again' }])
    return secondForm(asked, { step }, next, [{ field: 'code', message: whatIsWrongWithCode(signedIn) }])
  })

  // Requested by a form, so that opening the sign-in page stores nothing.
  const passkeyForm = async (asked: Asked, errors: readonly FieldError[] = []) => {
    const place = placeOf(urlOf(asked))
    if (!place) return missing
    return view(
      'passkey.njk',
      'Sign in with a passkey',
      {
        ...(await accounts.factors.askForPasskey(place)),
        action: '/sign-in/passkey/shown',
        next: nextOf(asked.form['next']),
        back: '/sign-in',
      },
      { errors, scripts: ['passkey.js'] },
    )
  }

  site.post('/sign-in/passkey', 'anyone', (asked) => passkeyForm(asked))
  site.post('/sign-in/passkey/shown', 'anyone', async (asked) => {
    const place = placeOf(urlOf(asked))
    if (!place) return missing
    const signedIn = await accounts.signIns.byPasskey(place, asked.form['step'] ?? '', answerIn(asked), fromOf(asked))
    return signedIn.kind === 'in'
      ? begun(asked, signedIn, asked.form['next'])
      : passkeyForm(asked, [{ field: 'show', message: 'This passkey does not sign in here. Try again, or use your password' }])
  })

  if (demoLink) {
    site.post('/sign-in/demo', 'anyone', async (asked) => {
      const signedIn = await accounts.signIns.byLink(await demoLink(), fromOf(asked))
      return signedIn.kind === 'in' ? begun(asked, signedIn, asked.form['next']) : missing
    })
  }

  // Opening the address changes nothing, since mail scanners open it as well; pressing the button does. The demo's needs no button: there is nothing to protect.
  site.get('/sign-in/link/:secret', 'anyone', async (asked) => {
    const link = await accounts.signIns.link(asked.params['secret'] ?? '')
    const person = link && (await accounts.person(link.person))
    if (!link || !person) return view('link.njk', 'This link has been used or has expired', {}, { status: 404 })
    return link.kind === 'demo'
      ? follow(asked)
      : view('link.njk', 'Sign in to Ringround', { name: person.name, invited: link.kind === 'invitation' })
  })

  site.post('/sign-in/link/:secret', 'anyone', follow)

  async function follow(asked: Asked): Promise<Answer> {
    const link = await accounts.signIns.link(asked.params['secret'] ?? '')
    // A session cookie can be read on the way like a password; the demo has nothing to protect.
    if (link !== undefined && link.kind !== 'demo' && !isSecure(asked.request))
      return view('link.njk', 'Sign in over HTTPS', { plain: true }, { status: 403 })
    const signedIn = await accounts.signIns.byLink(asked.params['secret'] ?? '', fromOf(asked))
    if (signedIn.kind === 'second') return begun(asked, signedIn, undefined)
    if (signedIn.kind !== 'in') return view('link.njk', 'This link has been used or has expired', {}, { status: 404 })
    return begun(
      asked,
      signedIn,
      signedIn.session.method === 'demo' || (await accounts.signIns.hasPassword(signedIn.person.id)) ? undefined : '/account/password',
    )
  }

  async function begun(
    asked: Asked,
    signedIn: Extract<SignedIn, { readonly kind: 'in' | 'second' }>,
    next: string | undefined,
  ): Promise<Answer> {
    if (signedIn.kind === 'second') return secondForm(asked, signedIn, next)
    const { secret, session, person, browser } = signedIn
    // A session open in this browser before is ended.
    if (asked.identity.kind === 'person') await accounts.endSession(asked.by, asked.identity.person.id, asked.identity.session.id)
    const path = nextOf(next) ?? site.homeOf(await accounts.identify({ cookie: secret }))
    // The notice is sent before the session is usable.
    if (browser?.isNew)
      await outbox?.put(
        person.id,
        { kind: 'newBrowser', at: session.createdAt, browser: browserInWords(session.userAgent) },
        `browser ${session.id}`,
      )
    return { kind: 'goTo', path, cookies: [setSessionCookie(asked.request, secret), ...(browser ? [browserCookie(browser.secret)] : [])] }
  }

  site.post(
    '/sign-out',
    'signedIn',
    async (asked) => {
      if (asked.identity.kind === 'person') await accounts.endSession(asked.by, asked.identity.person.id, asked.identity.session.id)
      return { kind: 'goTo', path: '/sign-in', notice: 'signedOut', forget: true, cookies: [setSessionCookie(asked.request, undefined)] }
    },
    { beforeSecondFactor: true },
  )

  return begun
}

export function fromOf({ request }: Asked): From {
  return { address: request.ip, userAgent: request.headers['user-agent'] ?? '', browser: browserIn(request) }
}

/** A page of ours to go to; undefined: anything else, such as an outside address that only looks like ours. */
export function nextOf(text: string | undefined): string | undefined {
  return text !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(text) && !text.startsWith('/sign-in') ? text : undefined
}

/** A browser's WebAuthn answer; undefined: unreadable. */
export function answerIn({ form }: Asked): unknown {
  try {
    return JSON.parse((form['answer'] ?? '').slice(0, 20_000)) as unknown
  } catch {
    return undefined
  }
}

export function whatIsWrongWithCode(checked: NotChecked): string {
  switch (checked.kind) {
    case 'wrong':
      return 'The code is wrong, or has been used. Enter the one that your app shows now, or a recovery code'
    case 'unavailable':
      return 'Codes cannot be checked at the moment. Enter a recovery code, or use a passkey'
    case 'slow':
      return `Too many wrong codes. Try again in ${inWords(checked.waitMs)}`
  }
}

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`
}
