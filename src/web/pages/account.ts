import type { Accounts } from '../../accounts/accounts.js'
import { browserInWords } from '../../accounts/known-browsers.js'
import { roles, scopeName, scopeNamed, type Permission } from '../../accounts/roles.js'
import { meets, scopesOf, type Identity } from '../../accounts/identity.js'
import { subscriptions, type Subscription } from '../../outbox/message.js'
import type { Outbox } from '../../outbox/outbox.js'
import { goTo, missing, view, type Asked, type FieldError, type Site } from '../site.js'
import { nextOf } from './sign-in.js'

type Signed = Extract<Identity, { kind: 'person' }>

/** NIST SP 800-63B: long enough, and no composition rules. */
const shortest = 12

export interface AccountParts {
  readonly accounts: Accounts
  /** Providers whose accounts can sign in here. */
  readonly providers: readonly { readonly id: string; readonly name: string }[]
  /** Undefined: no messages are sent. */
  readonly outbox?: Outbox | undefined
  /** Whether browsers can get notices. */
  readonly notices: boolean
}

const wishes: Readonly<Record<Subscription, { readonly text: string; readonly needs: Permission }>> = {
  alarms: { text: 'Critical and major alarms, as they are raised', needs: 'alarms' },
  summary: { text: 'The figures for each month, when it is over', needs: 'reports' },
}

/** One's own account: password, roles, sessions. */
export function accountPages(site: Site, { accounts, providers, outbox, notices }: AccountParts): void {
  site.get('/account', 'signedIn', async (asked) => {
    const { person, session, grants, asleep } = signed(asked)
    const sessions = await accounts.sessions(person.id)
    return view('account.njk', 'Your account', {
      person,
      hasPassword: await accounts.signIns.hasPassword(person.id),
      providers,
      wishes: await wishesOf(asked),
      notices,
      identities: await accounts.signIns.identities(person.id),
      factors: await accounts.factors.list(person.id),
      recoveryLeft: await accounts.factors.recoveryCodesLeft(person.id),
      roles: [...grants, ...asleep].map((grant) => ({
        name: roles[grant.role].name,
        what: roles[grant.role].what,
        scope: site.scopeInWords(grant.scope),
        until: grant.until,
        asleep: asleep.includes(grant),
      })),
      sessions: sessions.map((one) => ({ ...one, device: browserInWords(one.userAgent), isThis: one.id === session.id })),
    })
  })

  site.post('/account/sessions/:id/end', 'signedIn', async (asked) => {
    const { person, session } = signed(asked)
    const id = asked.params['id'] ?? ''
    if (id === session.id) return goTo('/account')
    return goTo('/account', (await accounts.endSession(asked.by, person.id, id)) ? 'sessionEnded' : 'sessionOver')
  })

  async function wishesOf({ identity }: Asked) {
    if (!outbox || identity.kind !== 'person' || identity.person.email === undefined) return []
    const wanted = await outbox.subscribes(identity.person.id)
    return subscriptions
      .filter((one) => meets(identity, wishes[one].needs))
      .map((one) => ({ value: one, text: wishes[one].text, checked: wanted.has(one) }))
  }

  if (outbox) {
    site.post('/account/messages', 'signedIn', async (asked) => {
      const wanted = asked.all('wish')
      for (const { value } of await wishesOf(asked)) await outbox.subscribe(signed(asked).person.id, value, wanted.includes(value))
      return goTo('/account', 'wishesKept')
    })
  }

  // An invited person chooses a password before the second factor.
  const before = { beforeSecondFactor: true } as const
  const passwordForm = (asked: Asked, errors: readonly FieldError[] = []) =>
    view('password.njk', 'Choose a password', { person: signed(asked).person, shortest }, { errors, scripts: ['password.js'] })
  site.get('/account/password', 'signedIn', (asked) => passwordForm(asked), before)
  site.post(
    '/account/password',
    'signedIn',
    async (asked) => {
      const { person, session } = signed(asked)
      const password = asked.form['password'] ?? ''
      const wrong = whatIsWrongWith(password, [person.name, person.email ?? '', 'ringround'])
      if (wrong !== undefined) return passwordForm(asked, [{ field: 'password', message: wrong }])
      const first = !(await accounts.signIns.hasPassword(person.id))
      await accounts.signIns.setPassword(asked.by, person.id, password, session.id)
      return goTo(first ? '/help' : '/account', 'passwordSet')
    },
    before,
  )

  site.post('/acting', 'signedIn', async (asked) => {
    const { session, grants } = signed(asked)
    const scope = scopeNamed(asked.form['scope'] ?? '')
    if (scope !== undefined && !scopesOf(grants).some((one) => scopeName(one) === scopeName(scope))) return missing
    await accounts.actFor(session.id, scope)
    return goTo(nextOf(asked.form['back']) ?? '/account')
  })
}

/** The gate lets in only people. */
export function signed({ identity }: Asked): Signed {
  if (identity.kind !== 'person') throw new Error('a page for people was shown to a visitor who is not signed in')
  return identity
}

/** Undefined: nothing wrong. @param names guessed first by others */
export function whatIsWrongWith(password: string, names: readonly string[]): string | undefined {
  const { length } = Array.from(password)
  if (length === 0) return 'Enter a password'
  if (length < shortest) return `Your password must have ${shortest} characters or more; three random words are easy to remember`
  if (length > 200) return 'Your password must have 200 characters or fewer'
  const plain = password.toLowerCase()
  if (new Set(plain).size < 5) return 'Your password must have more than a few different characters'
  const named = names.flatMap((name) => name.toLowerCase().split(/[\s@.]+/)).filter((name) => name.length >= 4 && plain.includes(name))
  // Without these names the rest must still be a password.
  const rest = named.reduce((text, name) => text.replaceAll(name, ''), plain)
  if (named.length > 0 && rest.length < shortest - 4) return 'Your password must not be made of your name or that of the service'
  return undefined
}
