import type { Accounts } from '../../accounts/accounts.js'
import type { OpenId, OpenIdRefusal } from '../../accounts/open-id.js'
import type { ProvedIdentity } from '../../accounts/open-id-provider.js'
import { scopesOf } from '../../accounts/identity.js'
import type { Directory } from '../../directory/model.js'
import { isSecure, stateCookie, stateIn } from '../cookies.js'
import { goTo, missing, view, type Answer, type Asked, type Site } from '../site.js'
import { signed } from './account.js'
import { fromOf, nextOf, type Begun } from './sign-in.js'

export interface OpenIdParts {
  readonly accounts: Accounts
  readonly openId: OpenId
  readonly directory: () => Directory
  /** The pages' base URL for this request, without a trailing slash. */
  readonly urlOf: (asked: Asked) => string
  readonly begun: Begun
}

const words: Readonly<Record<OpenIdRefusal, string>> = {
  unknown: 'There is no such way to sign in.',
  over: 'That took too long, or was started in another browser. Start again.',
  unreachable: 'The other service is not responding. Try again, or sign in another way.',
  denied: 'The other service did not sign you in.',
  forged: 'The other service did not send what we asked for. Start again; if it happens again, tell the team that runs this service.',
  acr: 'The way you signed in there is not strong enough for this service. Start again, and use your smartcard, security key or app.',
  tenant: 'You signed in with an account from an organisation that this service does not accept.',
  subject: 'The other service did not say who you are.',
  role: 'The role that you chose is not one that the other service has for you. Start again.',
}

/** Signing in with a provider's account, and linking one to one's own account. */
export function openIdPages(site: Site, { accounts, openId, directory, urlOf, begun }: OpenIdParts): void {
  const redirectOf = (asked: Asked, id: string) => `${urlOf(asked)}/sign-in/with/${id}/done`

  const refused = (asked: Asked, why: OpenIdRefusal, detail: string): Answer => {
    asked.request.log.warn({ why, detail }, 'a sign-in provider did not identify the person')
    return view('provider-refused.njk', 'You are not signed in', { message: words[why] }, { status: why === 'unknown' ? 404 : 400 })
  }

  // By a plain link, since a form may only post to us. Opening it stores only a short-lived note.
  site.get('/sign-in/with/:id', 'anyone', async (asked) => {
    if (!isSecure(asked.request)) return view('link.njk', 'Sign in over HTTPS', { plain: true }, { status: 403 })
    const id = asked.params['id'] ?? ''
    const next = nextOf(asked.query['next'])
    return led(asked, await openId.begin(id, redirectOf(asked, id), { kind: 'signIn', ...(next === undefined ? {} : { next }) }))
  })

  // Requested by a form of ours, so that no other page can link an account of its choice; then by a plain link, as above.
  site.post('/account/link/:id', 'signedIn', async (asked) => {
    const { person, confirmed } = signed(asked)
    const provider = openId.providers.find(({ id }) => id === asked.params['id'])
    if (!provider) return missing
    if (!confirmed && (await accounts.factors.has(person.id))) return goTo('/account/confirm?next=/account')
    return view('link-provider.njk', `Link ${provider.name}`, {
      provider,
      step: await accounts.signIns.beginLinking(person.id, provider.id),
    })
  })

  site.get('/account/link/:id', 'signedIn', async (asked) => {
    const { person } = signed(asked)
    const id = asked.params['id'] ?? ''
    if (!(await accounts.signIns.mayLink(asked.query['step'] ?? '', person.id, id)))
      return refused(asked, 'over', 'it was not asked for here')
    return led(asked, await openId.begin(id, redirectOf(asked, id), { kind: 'link', person: person.id }))
  })

  /** Redirects to the provider, with what the browser has to bring back. */
  const led = (asked: Asked, begin: Awaited<ReturnType<OpenId['begin']>>): Answer =>
    begin.kind === 'begun'
      ? { kind: 'goTo', path: begin.url, cookies: [stateCookie(begin.state)] }
      : refused(asked, begin.why, begin.detail)

  site.get('/sign-in/with/:id/done', 'anyone', async (asked) => {
    const answer = await openId.finish(asked.request.url.split('?')[1] ?? '', stateIn(asked.request))
    if (answer.kind === 'refused') return refused(asked, answer.why, answer.detail)
    const { identity, purpose } = answer
    if (purpose.kind === 'link') return linked(asked, identity, purpose.person)
    const signedIn = await accounts.signIns.byOpenId(identity, fromOf(asked))
    switch (signedIn.kind) {
      case 'in': {
        const scope = organisationOf(identity)
        if (
          scope !== undefined &&
          scopesOf(await accounts.grants(signedIn.person.id)).some((one) => one.kind === 'organisation' && one.id === scope)
        )
          await accounts.actFor(signedIn.session.id, { kind: 'organisation', id: scope })
        return begun(asked, signedIn, purpose.next)
      }
      case 'second':
        return begun(asked, signedIn, purpose.next)
      default:
        return view(
          'provider-refused.njk',
          'This account is not known here',
          { provider: identity.provider.name, stranger: true },
          { status: 400 },
        )
    }
  })

  /** For the person who began it, not one who has signed in here since. */
  async function linked(asked: Asked, identity: ProvedIdentity, person: string): Promise<Answer> {
    if (asked.identity.kind !== 'person' || asked.identity.person.id !== person)
      return refused(asked, 'over', 'another person has signed in meanwhile')
    return (await accounts.signIns.linkIdentity(asked.by, person, identity))
      ? goTo('/account', 'identityLinked')
      : view(
          'provider-refused.njk',
          'This account is already linked',
          { message: 'It is already linked to an account of this service: yours or another.' },
          { status: 409 },
        )
  }

  site.post('/account/identities/:id/unlink', 'signedIn', async (asked) =>
    (await accounts.signIns.unlinkIdentity(asked.by, signed(asked).person.id, asked.params['id'] ?? ''))
      ? goTo('/account', 'identityUnlinked')
      : missing,
  )

  /** The organisation of the role chosen there, in our directory. */
  function organisationOf({ chosenRole }: ProvedIdentity): string | undefined {
    if (chosenRole === undefined || chosenRole.organisation === '') return undefined
    return [...directory().organisations.values()].find(({ odsCode }) => odsCode?.toUpperCase() === chosenRole.organisation.toUpperCase())
      ?.id
  }
}
