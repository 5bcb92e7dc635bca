import type { Audit } from '../audit/audit.js'
import type { Db } from '../store/statements.js'
import { addGrant, administrators, endGrant, grantsOf, grantsOfAll, grantsOfRoles, inForce } from './grants.js'
import { forgetBrowsers, seeBrowser, type SeenBrowser } from './known-browsers.js'
import { forgetGuesses, forgive, subjectsOf, takeGuess } from './guesses.js'
import { nobody, type Grant, type Identity, type Person, type Session, type SignInMethod } from './identity.js'
import { linkFor, makeLink, useLink, type KeptLink, type LinkKind } from './links.js'
import { identitiesOf, linkIdentity, personOfIdentity, unlinkIdentity, type LinkedIdentity } from './linked-identities.js'
import type { ProvedIdentity } from './open-id-provider.js'
import type { Place } from './place.js'
import { addPerson, anybody, emailKey, peopleByName, peopleNamed, peoplePage, personByEmail, personById, type NewPerson } from './people.js'
import { noteReason, reasonNoted } from './reasons.js'
import { defaultSecondFactorRoles, isApproved, roleNames, type RoleName, type Scope } from './roles.js'
import {
  actFor,
  beginSession,
  defaultSessionLimits,
  endSession,
  endSessions,
  forgetSessions,
  markSeen,
  openSession,
  secondFactorShown,
  sessionById,
  sessionsOf,
  type From,
  type KeptSession,
  type SessionLimits,
} from './sessions.js'
import { SecondFactors, type Checked, type Sealer } from './second-factors.js'
import { beginStep, endStep, forgetSteps, stepOf, takeStep } from './steps.js'
import { TokenBook } from './token-book.js'
import { isToken } from './tokens.js'

/** So long after a second factor was shown what was given by approval is open, ms. */
const confirmedForMs = 15 * 60_000

/** How somebody comes as far as the second factor. */
type FirstStep = Extract<SignInMethod, 'password' | 'link' | 'openId'>

/** A service approves few people, and each for a time. */
const mostApprovals = 500

/** Who did it, and from where: what every change of an account says of itself. */
export interface By {
  /** Id of a person or a token; `system`: a command on the machine, or the engine itself. */
  readonly actor: string
  readonly address: string
}

/** A command on the engine's own machine, or the engine. */
export const system: By = { actor: 'system', address: '' }

/** What a sign-in came to. `wrong`: nothing fits, and it is not said what. `slow`: too many wrong guesses; so long they have to wait, ms. */
export type SignedIn =
  /** `browser`: what it is known by from now on; undefined in the demo. */
  | { readonly kind: 'in'; readonly secret: string; readonly session: KeptSession; readonly person: Person; readonly browser?: SeenBrowser }
  /** They have a second factor, which is asked for. `step`: by which they go on. */
  | { readonly kind: 'second'; readonly step: string; readonly person: Person }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'slow'; readonly waitMs: number }
  /** Too late, or asked for somebody else. */
  | { readonly kind: 'over' }
  /** Codes of generators cannot be checked at the moment. */
  | { readonly kind: 'unavailable' }

export interface AccountsSettings {
  readonly tables: { readonly reading: Db; readonly writing: Db }
  readonly audit: Audit
  /** Keeps the secrets of code generators. Undefined: none can be set up. */
  readonly sealer?: Sealer
  readonly limits?: SessionLimits
  /** Roles that need a second factor. Default: those who reach the whole service, or what patients said. */
  readonly secondFactorFor?: readonly RoleName[]
  /** Wall-clock ms. */
  readonly now?: () => number
}

/** Who may sign in, and who has: people, what they sign in with, their roles, their sessions, and the tokens of programs. */
export class Accounts {
  readonly #reading: Db
  readonly #writing: Db
  readonly #tables: AccountsSettings['tables']
  readonly #audit: Audit
  /** Where everything that is done here is told. */
  get audit(): Audit {
    return this.#audit
  }

  readonly limits: SessionLimits
  readonly #secondFactorFor: readonly RoleName[]
  readonly now: () => number
  /** What people show besides a password. */
  readonly factors: SecondFactors
  /** What programs, screens and public links carry. */
  readonly tokenBook: TokenBook

  constructor({
    tables,
    audit,
    sealer,
    limits = defaultSessionLimits,
    secondFactorFor = defaultSecondFactorRoles,
    now = Date.now,
  }: AccountsSettings) {
    this.#tables = tables
    this.#reading = tables.reading
    this.#writing = tables.writing
    this.#audit = audit
    this.limits = limits
    this.#secondFactorFor = secondFactorFor
    this.now = now
    this.factors = new SecondFactors({ tables, audit, sealer, now })
    this.tokenBook = new TokenBook({ tables, audit, now })
  }

  /** For questions that change nothing. */
  get reading(): Db {
    return this.#reading
  }

  /** For what belongs to an account and is no part of signing in: saved views. */
  get writing(): Db {
    return this.#writing
  }

  // Who asks

  /** @param cookie the secret of a session @param bearer that of a token @param address from where, for the audit */
  async identify({
    cookie,
    bearer,
    address = '',
  }: {
    readonly cookie?: string | undefined
    readonly bearer?: string | undefined
    readonly address?: string
  }): Promise<Identity> {
    const now = this.now()
    if (bearer !== undefined) {
      const token = this.tokenBook.ownOf(bearer) ?? (await this.tokenBook.open(bearer, address))
      return token?.kind === 'api' ? { kind: 'token', token } : nobody
    }
    if (cookie === undefined) return nobody
    if (isToken(cookie)) {
      // A screen on a wall carries its token as a cookie.
      const token = await this.tokenBook.open(cookie, address)
      return token?.kind === 'kiosk' ? { kind: 'token', token } : nobody
    }
    const session = await openSession(this.#tables, cookie, this.limits, now)
    return session ? this.#personOf(session, now) : nobody
  }

  /** Somebody who was identified before, as they are now; `nobody`: their session or token is over. That it is asked is no use of either. */
  async look(identity: Identity): Promise<Identity> {
    const now = this.now()
    if (identity.kind === 'nobody') return nobody
    if (identity.kind === 'token') {
      const token = await this.tokenBook.look(identity.token)
      return token ? { kind: 'token', token } : nobody
    }
    const session = await sessionById(this.#reading, identity.session.id, this.limits, now)
    return session ? this.#personOf(session, now) : nobody
  }

  /** Their session is used, though their browser asks nothing: somebody is on a call in it. One that is over stays so. */
  async stillUsed(identity: Identity): Promise<void> {
    if ((await this.look(identity)).kind === 'person' && identity.kind === 'person')
      await markSeen(this.#writing, identity.session.id, this.now())
  }

  async #personOf(session: KeptSession, now: number): Promise<Identity> {
    const [person, grants] = await Promise.all([personById(this.#reading, session.person), grantsOf(this.#reading, session.person)])
    if (!person || person.disabledAt !== undefined) return nobody
    const valid = grants.filter((grant) => inForce(grant, now))
    // What was given by approval opens nothing until the second factor was shown again; in the demo there is nobody to be protected.
    const confirmed = session.method === 'demo' || (session.secondFactorAt !== undefined && now - session.secondFactorAt < confirmedForMs)
    const asleep = confirmed ? [] : valid.filter(({ role }) => isApproved(role))
    const needsSecondFactor = session.method !== 'demo' && session.secondFactorAt === undefined && this.needsSecondFactor(valid)
    return {
      kind: 'person',
      person,
      session,
      confirmed,
      needsSecondFactor,
      grants: valid.filter((grant) => !asleep.includes(grant)),
      asleep,
    }
  }

  /** Whether one of these roles asks for a second factor. */
  needsSecondFactor(grants: readonly Grant[]): boolean {
    return grants.some(({ role }) => this.#secondFactorFor.includes(role))
  }

  // Signing in

  /** What a link leads to, before it is followed. */
  link(secret: string): Promise<KeptLink | undefined> {
    return linkFor(this.#reading, secret, this.now())
  }

  /** Follows a link, once. */
  async signInByLink(secret: string, from: From): Promise<SignedIn> {
    const link = await useLink(this.#writing, secret, this.now())
    const person = link && (await personById(this.#writing, link.person))
    if (!person || person.disabledAt !== undefined) {
      await this.#audit.tell({ actor: '', address: from.address, action: 'signIn.refused', subjectKind: 'link', subject: '' })
      return { kind: 'wrong' }
    }
    // An address that was sent somewhere is no second factor: whoever has one shows it as well.
    return link.kind === 'demo' ? this.#begin(person, { method: 'demo', secondFactor: true }, from) : this.#further(person, 'link', from)
  }

  /** With an address and a password. It takes as long to say that there is no such account as that its password is another. */
  async signInByPassword(
    { email, password }: { readonly email: string; readonly password: string },
    from: From & { readonly network: string },
  ): Promise<SignedIn> {
    const subjects = subjectsOf(emailKey(email), from.network)
    const waitMs = await takeGuess(this.#writing, subjects, this.now())
    if (waitMs > 0) return { kind: 'slow', waitMs }
    const person = await personByEmail(this.#reading, email)
    const kept =
      person && (await this.#reading.selectFrom('credentials').select('secret').where('id', '=', passwordOf(person.id)).executeTakeFirst())
    const { passwordIs } = await import('./passwords.js')
    const right = await passwordIs(password, kept?.secret)
    if (!right || !person || person.disabledAt !== undefined) {
      await this.#audit.tell({
        actor: '',
        address: from.address,
        action: 'signIn.refused',
        subjectKind: 'person',
        subject: person?.id ?? '',
      })
      return { kind: 'wrong' }
    }
    await forgive(this.#writing, subjects)
    return this.#further(person, 'password', from)
  }

  /** @returns how long to wait, ms: links that are asked for are counted as guesses are, so that nobody's mailbox is filled. 0: one may be sent */
  mayAskForLink(email: string, network: string): Promise<number> {
    return takeGuess(this.#writing, subjectsOf(`link ${emailKey(email)}`, network), this.now())
  }

  /** In, or on to the second factor of whoever has one. */
  async #further(person: Person, method: FirstStep, from: From): Promise<SignedIn> {
    if (!(await this.factors.has(person.id))) return this.#begin(person, { method, secondFactor: false }, from)
    return { kind: 'second', person, step: await beginStep(this.#writing, 'code', { person: person.id, method }, this.now()) }
  }

  /** With a code, after the password or the link was right. */
  async signInByCode(step: string, code: string, from: From): Promise<SignedIn> {
    const begun = await stepOf<{ readonly person: string; readonly method: FirstStep }>(this.#writing, 'code', step, this.now())
    const person = begun && (await personById(this.#writing, begun.person))
    if (!begun || !person || person.disabledAt !== undefined) return { kind: 'over' }
    const checked = await this.factors.check(from, person.id, code)
    if (checked.kind !== 'right') return checked
    if (!(await endStep(this.#writing, step))) return { kind: 'over' }
    return this.#begin(person, { method: begun.method, secondFactor: true }, from)
  }

  /** With a passkey, which is two factors by itself: it is had, and opened by a finger, a face or a PIN. */
  async signInByPasskey(place: Place, step: string, answer: unknown, from: From): Promise<SignedIn> {
    const id = await this.factors.passkeyShown(place, step, answer)
    const person = id === undefined ? undefined : await personById(this.#writing, id)
    if (!person || person.disabledAt !== undefined) {
      await this.#audit.tell({ actor: '', address: from.address, action: 'signIn.refused', subjectKind: 'person', subject: id ?? '' })
      return { kind: 'wrong' }
    }
    return this.#begin(person, { method: 'passkey', secondFactor: true }, from)
  }

  /** As a provider says who they are. Without a second factor there, the one that they have here is asked for. */
  async signInByOpenId(identity: ProvedIdentity, from: From): Promise<SignedIn> {
    const id = await personOfIdentity(this.#writing, identity, this.now())
    const person = id === undefined ? undefined : await personById(this.#writing, id)
    if (!person || person.disabledAt !== undefined) {
      await this.#audit.tell({
        actor: '',
        address: from.address,
        action: 'signIn.refused',
        subjectKind: 'person',
        subject: id ?? '',
        data: { provider: identity.provider.id },
      })
      return { kind: 'wrong' }
    }
    return identity.secondFactor
      ? this.#begin(person, { method: 'openId', secondFactor: true }, from)
      : this.#further(person, 'openId', from)
  }

  /** Somebody has asked, on a page of ours, to link an account of a provider. @returns the secret by which they go on: nobody else can lead their browser there */
  beginLinking(person: string, provider: string): Promise<string> {
    return beginStep(this.#writing, 'link', { person, provider }, this.now())
  }

  async mayLink(step: string, person: string, provider: string): Promise<boolean> {
    const begun = await takeStep<{ readonly person: string; readonly provider: string }>(this.#writing, 'link', step, this.now())
    return begun?.person === person && begun.provider === provider
  }

  /** @returns false: it is somebody's already */
  async linkIdentity(by: By, person: string, identity: ProvedIdentity): Promise<boolean> {
    const linked = await linkIdentity(this.#writing, person, identity, this.now())
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

  /** Somebody who is signed in shows their second factor again, by a code. */
  async confirmByCode(by: By, { person, session }: { readonly person: Person; readonly session: Session }, code: string): Promise<Checked> {
    const checked = await this.factors.check(by, person.id, code)
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
    if ((await this.factors.passkeyShown(place, step, answer)) !== person.id) return false
    await this.secondFactorShown(by, session)
    return true
  }

  /** Somebody has shown it in this session, or has set it up there. */
  async secondFactorShown(by: By, session: Session): Promise<void> {
    await this.#audit.tell({ ...by, action: 'secondFactor.shown', subjectKind: 'session', subject: session.id })
    await secondFactorShown(this.#writing, session.id, this.now())
  }

  async #begin(
    person: Person,
    how: { readonly method: SignInMethod; readonly secondFactor: boolean },
    { address, userAgent, browser: carried }: From,
  ): Promise<SignedIn> {
    const begun = await beginSession(this.#writing, { person: person.id, ...how, address, userAgent }, this.limits, this.now())
    await this.#audit.tell({
      actor: person.id,
      address,
      action: 'signIn',
      subjectKind: 'session',
      subject: begun.session.id,
      data: { method: how.method },
    })
    // In the demo everybody is invented, and signs in as one.
    return {
      kind: 'in',
      ...begun,
      person,
      ...(how.method === 'demo' ? {} : { browser: await seeBrowser(this.#writing, person.id, carried, this.now()) }),
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
    const now = this.now()
    const row = { id: passwordOf(person), person, kind: 'password', label: 'Password', secret, counter: 0, created_at: now, used_at: null }
    await this.#audit.tell({ ...by, action: 'password.set', subjectKind: 'person', subject: person })
    await this.#writing
      .insertInto('credentials')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ secret, created_at: now, used_at: null }))
      .execute()
    await endSessions(this.#writing, person, now, but)
  }

  /** Somebody says why they look at a call they had no part in: written down before it is shown. */
  async giveReason(by: By, session: Session, call: string, why: string): Promise<void> {
    await this.#audit.tell({ ...by, action: 'call.reason', subjectKind: 'call', subject: call, why })
    await noteReason(this.#writing, session.id, call, this.now())
  }

  reasonGiven(session: Session, call: string): Promise<boolean> {
    return reasonNoted(this.#writing, session.id, call, this.now())
  }

  // Sessions

  sessions(person: string): Promise<readonly Session[]> {
    return sessionsOf(this.#reading, person, this.limits, this.now())
  }

  /** @returns false: it is not theirs, or over already */
  async endSession(by: By, person: string, id: string): Promise<boolean> {
    await this.#audit.tell({ ...by, action: 'session.ended', subjectKind: 'session', subject: id, data: { person } })
    return endSession(this.#writing, person, id, this.now())
  }

  actFor(session: string, scope: Scope | undefined): Promise<void> {
    return actFor(this.#writing, session, scope)
  }

  // People and what they may

  /** Whether anybody ever signed in, or has something to sign in with. */
  async everSignedIn(): Promise<boolean> {
    const [session, credential] = await Promise.all([
      this.#reading.selectFrom('sessions').select('id').limit(1).executeTakeFirst(),
      this.#reading.selectFrom('credentials').select('id').limit(1).executeTakeFirst(),
    ])
    return session !== undefined || credential !== undefined
  }

  anybody(): Promise<boolean> {
    return anybody(this.#reading)
  }

  person(id: string): Promise<Person | undefined> {
    return personById(this.#reading, id)
  }

  personByEmail(email: string): Promise<Person | undefined> {
    return personByEmail(this.#reading, email)
  }

  /** Those of this name, or of this id. */
  async peopleCalled(name: string): Promise<readonly Person[]> {
    const byId = await personById(this.#reading, name)
    return byId ? [byId] : peopleByName(this.#reading, name)
  }

  /** In the order of their names. */
  people(limit: number, after?: Pick<Person, 'id' | 'name'>): Promise<readonly Person[]> {
    return peoplePage(this.#reading, limit, after)
  }

  peopleNamed(ids: readonly string[]): Promise<ReadonlyMap<string, Person>> {
    return peopleNamed(this.#reading, ids)
  }

  grantsOfAll(people: readonly string[]): Promise<ReadonlyMap<string, readonly Grant[]>> {
    return grantsOfAll(this.#reading, people)
  }

  /** Whether nobody could give roles any more, were it not for them. */
  async isLastAdministrator(person: string): Promise<boolean> {
    const all = await administrators(this.#writing, this.now())
    return all.includes(person) && all.every((one) => one === person)
  }

  async addPerson(by: By, person: NewPerson): Promise<Person> {
    const added = await addPerson(
      this.#writing,
      { ...person, email: person.email === undefined ? undefined : emailKey(person.email) },
      this.now(),
    )
    await this.#audit.tell({ ...by, action: 'person.added', subjectKind: 'person', subject: added.id })
    return added
  }

  /** Somebody who may sign in no more: their sessions end at once. */
  async disable(by: By, person: string): Promise<void> {
    const now = this.now()
    await this.#audit.tell({ ...by, action: 'person.disabled', subjectKind: 'person', subject: person })
    await this.#writing.updateTable('people').set({ disabled_at: now }).where('id', '=', person).execute()
    await endSessions(this.#writing, person, now)
    await this.#writing.deleteFrom('sign_in_links').where('person', '=', person).execute()
  }

  async enable(by: By, person: string): Promise<void> {
    await this.#audit.tell({ ...by, action: 'person.enabled', subjectKind: 'person', subject: person })
    await this.#writing.updateTable('people').set({ disabled_at: null }).where('id', '=', person).execute()
  }

  grants(person: string): Promise<readonly Grant[]> {
    return grantsOf(this.#reading, person)
  }

  async grant(
    by: By,
    grant: {
      readonly person: string
      readonly role: RoleName
      readonly scope: Scope
      readonly reason?: string | undefined
      readonly until?: number | undefined
    },
  ): Promise<Grant> {
    const given = await addGrant(this.#writing, { ...grant, by: by.actor }, this.now())
    await this.#audit.tell({
      ...by,
      action: 'role.given',
      subjectKind: 'person',
      subject: grant.person,
      ...(grant.reason === undefined ? {} : { why: grant.reason }),
      data: { role: grant.role, scope: grant.scope, ...(grant.until === undefined ? {} : { until: grant.until }) },
    })
    return given
  }

  /** What was given by approval and has not ended, the latest first. */
  async approvals(): Promise<readonly (Grant & { readonly person: string })[]> {
    const given = await grantsOfRoles(this.#writing, roleNames.filter(isApproved), mostApprovals)
    return given.filter((grant) => inForce(grant, this.now()))
  }

  /** @returns false: they have it no more */
  async endGrant(by: By, person: string, id: string): Promise<boolean> {
    const ended = await endGrant(this.#writing, person, id, by.actor, this.now())
    if (ended) await this.#audit.tell({ ...by, action: 'role.ended', subjectKind: 'person', subject: person, data: { grant: id } })
    return ended
  }

  /** @returns the secret of its address, which is shown this once */
  async makeLink(by: By, person: string, kind: LinkKind): Promise<string> {
    const secret = await makeLink(this.#writing, { kind, person, by: by.actor }, this.now())
    await this.#audit.tell({ ...by, action: 'link.made', subjectKind: 'person', subject: person, data: { kind } })
    return secret
  }

  /** What nobody needs any more: sessions and guesses of before yesterday. */
  async tidy(): Promise<void> {
    const now = this.now()
    await Promise.all([
      forgetSessions(this.#writing, now),
      forgetGuesses(this.#writing, now),
      forgetSteps(this.#writing, now),
      forgetBrowsers(this.#writing, now),
    ])
  }
}

function passwordOf(person: string): string {
  return `password:${person}`
}
