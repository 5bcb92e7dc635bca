import type { Audit } from '../audit/audit.js'
import type { Db } from '../store/statements.js'
import type { By } from './by.js'
import { forgive, subjectsOf, takeGuess } from './guesses.js'
import type { Person, Session, SignInMethod } from './identity.js'
import { seeBrowser, type SeenBrowser } from './known-browsers.js'
import { identitiesOf, linkIdentity, personOfIdentity, unlinkIdentity, type LinkedIdentity } from './linked-identities.js'
import { linkFor, useLink, type KeptLink } from './links.js'
import type { ProvedIdentity } from './open-id-provider.js'
import { emailKey, personByEmail, personById } from './people.js'
import type { Place } from './place.js'
import type { Checked, SecondFactors } from './second-factors.js'
import { beginSession, endSessions, secondFactorShown, type From, type KeptSession, type SessionLimits } from './sessions.js'
import { beginStep, endStep, stepOf, takeStep } from './steps.js'

/** The ways to sign in that may lead to a second factor. */
type FirstStep = Extract<SignInMethod, 'password' | 'link' | 'openId'>

/** The result of a sign-in. `wrong`: refused, without saying why. `slow`: too many wrong guesses; the wait, ms. */
export type SignedIn =
  /** `browser`: its cookie from now on; undefined in the demo. */
  | { readonly kind: 'in'; readonly secret: string; readonly session: KeptSession; readonly person: Person; readonly browser?: SeenBrowser }
  /** They have a second factor, and are asked for it. `step`: the secret to continue with. */
  | { readonly kind: 'second'; readonly step: string; readonly person: Person }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'slow'; readonly waitMs: number }
  /** Too late, or begun for another person. */
  | { readonly kind: 'over' }
  /** Codes of generators cannot be checked at the moment. */
  | { readonly kind: 'unavailable' }

export interface SignInsSettings {
  readonly tables: { readonly reading: Db; readonly writing: Db }
  readonly audit: Audit
  readonly factors: SecondFactors
  readonly limits: SessionLimits
  /** Wall-clock ms. */
  readonly now: () => number
}

/** The ways in: by link, password, passkey or a sign-in provider, on to the second factor, and then a session. */
export class SignIns {
  readonly #reading: Db
  readonly #writing: Db
  readonly #audit: Audit
  readonly #factors: SecondFactors
  readonly #limits: SessionLimits
  readonly #now: () => number

  constructor({ tables, audit, factors, limits, now }: SignInsSettings) {
    this.#reading = tables.reading
    this.#writing = tables.writing
    this.#audit = audit
    this.#factors = factors
    this.#limits = limits
    this.#now = now
  }

  /** The target of a link, before it is followed. */
  link(secret: string): Promise<KeptLink | undefined> {
    return linkFor(this.#reading, secret, this.#now())
  }

  /** Follows a link, once. */
  async byLink(secret: string, from: From): Promise<SignedIn> {
    const link = await useLink(this.#writing, secret, this.#now())
    const person = link && (await personById(this.#writing, link.person))
    if (!person || person.disabledAt !== undefined) return this.#refused(from, { subjectKind: 'link', subject: '' })
    // A link sent to an address is no second factor: people who have one show it as well.
    return link.kind === 'demo' ? this.#begin(person, { method: 'demo', secondFactor: true }, from) : this.#further(person, 'link', from)
  }

  /** With an address and a password. An unknown account takes as long as a wrong password. */
  async byPassword(
    { email, password }: { readonly email: string; readonly password: string },
    from: From & { readonly network: string },
  ): Promise<SignedIn> {
    const subjects = subjectsOf(emailKey(email), from.network)
    const waitMs = await takeGuess(this.#writing, subjects, this.#now())
    if (waitMs > 0) return { kind: 'slow', waitMs }
    const person = await personByEmail(this.#reading, email)
    const kept =
      person && (await this.#reading.selectFrom('credentials').select('secret').where('id', '=', passwordOf(person.id)).executeTakeFirst())
    const { passwordIs } = await import('./passwords.js')
    const right = await passwordIs(password, kept?.secret)
    if (!right || !person || person.disabledAt !== undefined)
      return this.#refused(from, { subjectKind: 'person', subject: person?.id ?? '' })
    await forgive(this.#writing, subjects)
    return this.#further(person, 'password', from)
  }

  /** @returns how long to wait, ms: link requests are counted like guesses, so that no mailbox is flooded. 0: one may be sent */
  mayAskForLink(email: string, network: string): Promise<number> {
    return takeGuess(this.#writing, subjectsOf(`link ${emailKey(email)}`, network), this.#now())
  }

  /** In, or on to the second factor for people who have one. */
  async #further(person: Person, method: FirstStep, from: From): Promise<SignedIn> {
    if (!(await this.#factors.has(person.id))) return this.#begin(person, { method, secondFactor: false }, from)
    return { kind: 'second', person, step: await beginStep(this.#writing, 'code', { person: person.id, method }, this.#now()) }
  }

  /** With a code, after the password or the link was right. */
  async byCode(step: string, code: string, from: From): Promise<SignedIn> {
    const begun = await stepOf<{ readonly person: string; readonly method: FirstStep }>(this.#writing, 'code', step, this.#now())
    const person = begun && (await personById(this.#writing, begun.person))
    if (!begun || !person || person.disabledAt !== undefined) return { kind: 'over' }
    const checked = await this.#factors.check(from, person.id, code)
    if (checked.kind !== 'right') return checked
    if (!(await endStep(this.#writing, step))) return { kind: 'over' }
    return this.#begin(person, { method: begun.method, secondFactor: true }, from)
  }

  /** With a passkey, which is two factors by itself: possession, and a finger, a face or a PIN. */
  async byPasskey(place: Place, step: string, answer: unknown, from: From): Promise<SignedIn> {
    const id = await this.#factors.passkeyShown(place, step, answer)
    const person = id === undefined ? undefined : await personById(this.#writing, id)
    if (!person || person.disabledAt !== undefined) return this.#refused(from, { subjectKind: 'person', subject: id ?? '' })
    return this.#begin(person, { method: 'passkey', secondFactor: true }, from)
  }

  /** By a provider's identity. Without a second factor there, their one here is asked for. */
  async byOpenId(identity: ProvedIdentity, from: From): Promise<SignedIn> {
    const id = await personOfIdentity(this.#writing, identity, this.#now())
    const person = id === undefined ? undefined : await personById(this.#writing, id)
    if (!person || person.disabledAt !== undefined)
      return this.#refused(from, { subjectKind: 'person', subject: id ?? '', data: { provider: identity.provider.id } })
    return identity.secondFactor
      ? this.#begin(person, { method: 'openId', secondFactor: true }, from)
      : this.#further(person, 'openId', from)
  }

  /** A signed-in person has asked, on our page, to link an account of a provider. @returns the secret to continue with: nobody else can lead their browser there */
  beginLinking(person: string, provider: string): Promise<string> {
    return beginStep(this.#writing, 'link', { person, provider }, this.#now())
  }

  async mayLink(step: string, person: string, provider: string): Promise<boolean> {
    const begun = await takeStep<{ readonly person: string; readonly provider: string }>(this.#writing, 'link', step, this.#now())
    return begun?.person === person && begun.provider === provider
  }

  /** @returns false: another person has it already */
  async linkIdentity(by: By, person: string, identity: ProvedIdentity): Promise<boolean> {
    const linked = await linkIdentity(this.#writing, person, identity, this.#now())
    if (linked)
      await this.#audit.tell({
        ...by,
        action: 'identity.linked',
        subjectKind: 'person',
        subject: person,
        data: { provider: identity.provider.id },
      })
    return linked
  }

  identities(person: string): Promise<readonly LinkedIdentity[]> {
    return identitiesOf(this.#writing, person)
  }

  /** @returns false: it is not theirs */
  async unlinkIdentity(by: By, person: string, id: string): Promise<boolean> {
    const ended = await unlinkIdentity(this.#writing, person, id)
    if (ended) await this.#audit.tell({ ...by, action: 'identity.unlinked', subjectKind: 'person', subject: person })
    return ended
  }

  /** A signed-in person shows their second factor again, by a code. */
  async confirmByCode(by: By, { person, session }: { readonly person: Person; readonly session: Session }, code: string): Promise<Checked> {
    const checked = await this.#factors.check(by, person.id, code)
    if (checked.kind === 'right') await this.secondFactorShown(by, session)
    return checked
  }

  /** The same by a passkey. @returns false: it is not theirs, or the answer is to another question */
  async confirmByPasskey(
    by: By,
    { person, session }: { readonly person: Person; readonly session: Session },
    place: Place,
    step: string,
    answer: unknown,
  ): Promise<boolean> {
    if ((await this.#factors.passkeyShown(place, step, answer)) !== person.id) return false
    await this.secondFactorShown(by, session)
    return true
  }

  /** It was shown in this session, or set up there. */
  async secondFactorShown(by: By, session: Session): Promise<void> {
    await this.#audit.tell({ ...by, action: 'secondFactor.shown', subjectKind: 'session', subject: session.id })
    await secondFactorShown(this.#writing, session.id, this.#now())
  }

  async #refused({ address }: From, about: Pick<Parameters<Audit['tell']>[0], 'subjectKind' | 'subject' | 'data'>): Promise<SignedIn> {
    await this.#audit.tell({ actor: '', address, action: 'signIn.refused', ...about })
    return { kind: 'wrong' }
  }

  async #begin(
    person: Person,
    how: { readonly method: SignInMethod; readonly secondFactor: boolean },
    { address, userAgent, browser: carried }: From,
  ): Promise<SignedIn> {
    const begun = await beginSession(this.#writing, { person: person.id, ...how, address, userAgent }, this.#limits, this.#now())
    await this.#audit.tell({
      actor: person.id,
      address,
      action: 'signIn',
      subjectKind: 'session',
      subject: begun.session.id,
      data: { method: how.method },
    })
    // In the demo everyone is invented, and signs in as one.
    return {
      kind: 'in',
      ...begun,
      person,
      ...(how.method === 'demo' ? {} : { browser: await seeBrowser(this.#writing, person.id, carried, this.#now()) }),
    }
  }

  async hasPassword(person: string): Promise<boolean> {
    return (
      (await this.#reading.selectFrom('credentials').select('id').where('id', '=', passwordOf(person)).executeTakeFirst()) !== undefined
    )
  }

  /** @param but their other sessions end; this one stays */
  async setPassword(by: By, person: string, password: string, but: string): Promise<void> {
    const { hashPassword } = await import('./passwords.js')
    const secret = await hashPassword(password)
    const now = this.#now()
    const row = { id: passwordOf(person), person, kind: 'password', label: 'Password', secret, counter: 0, created_at: now, used_at: null }
    await this.#audit.tell({ ...by, action: 'password.set', subjectKind: 'person', subject: person })
    await this.#writing
      .insertInto('credentials')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ secret, created_at: now, used_at: null }))
      .execute()
    await endSessions(this.#writing, person, now, but)
  }
}

function passwordOf(person: string): string {
  return `password:${person}`
}
