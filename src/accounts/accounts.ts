import type { Audit } from '../audit/audit.js'
import type { Db } from '../store/statements.js'
import type { By } from './by.js'
import { addGrant, administrators, endGrant, grantsOf, grantsOfAll, grantsOfRoles, inForce } from './grants.js'
import { forgetBrowsers } from './known-browsers.js'
import { forgetGuesses } from './guesses.js'
import { nobody, type Grant, type Identity, type Person, type Session } from './identity.js'
import { makeLink, type LinkKind } from './links.js'
import { addPerson, anybody, emailKey, peopleByName, peopleNamed, peoplePage, personByEmail, personById, type NewPerson } from './people.js'
import { noteReason, reasonNoted } from './reasons.js'
import { defaultSecondFactorRoles, isApproved, roleNames, type RoleName, type Scope } from './roles.js'
import {
  actFor,
  defaultSessionLimits,
  endSession,
  endSessions,
  forgetSessions,
  markSeen,
  openSession,
  sessionById,
  sessionsOf,
  type KeptSession,
  type SessionLimits,
} from './sessions.js'
import { SignIns } from './sign-ins.js'
import { SecondFactors, type Sealer } from './second-factors.js'
import { forgetSteps } from './steps.js'
import { TokenBook } from './token-book.js'
import { isToken } from './tokens.js'

/** Rights given by approval are open for this long after a second factor was shown, ms. */
const confirmedForMs = 15 * 60_000

/** A service approves few people, and each for a time. */
const maxApprovals = 500

export interface AccountsSettings {
  readonly tables: { readonly reading: Db; readonly writing: Db }
  readonly audit: Audit
  /** Seals the secrets of code generators. Undefined: none can be set up. */
  readonly sealer?: Sealer
  readonly limits?: SessionLimits
  /** Roles that need a second factor. Default: those who reach the whole service, or what patients said. */
  readonly secondFactorFor?: readonly RoleName[]
  /** Wall-clock ms. */
  readonly now?: () => number
}

/** The people who may sign in, their credentials, roles and sessions, and the tokens of programs. */
export class Accounts {
  readonly #reading: Db
  readonly #writing: Db
  readonly #tables: AccountsSettings['tables']
  readonly #audit: Audit
  /** The audit of everything done here. */
  get audit(): Audit {
    return this.#audit
  }

  readonly limits: SessionLimits
  readonly #secondFactorFor: readonly RoleName[]
  readonly now: () => number
  /** How people come in. */
  readonly signIns: SignIns
  /** Second factors. */
  readonly factors: SecondFactors
  /** Tokens of programs, screens and public links. */
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
    this.signIns = new SignIns({ tables, audit, factors: this.factors, limits, now })
    this.tokenBook = new TokenBook({ tables, audit, now })
  }

  /** For reads. */
  get reading(): Db {
    return this.#reading
  }

  /** For data of an account apart from signing in: saved views. */
  get writing(): Db {
    return this.#writing
  }

  // Who asks

  /** @param cookie the secret of a session @param bearer the secret of a token @param address the client's, for the audit */
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

  /** The current state of an identity found before; `nobody`: the session or token has ended. Asking does not count as use. */
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

  /** Counts a call in the browser as use of its session, though the browser sends nothing. An ended session stays ended. */
  async stillUsed(identity: Identity): Promise<void> {
    if ((await this.look(identity)).kind === 'person' && identity.kind === 'person')
      await markSeen(this.#writing, identity.session.id, this.now())
  }

  async #personOf(session: KeptSession, now: number): Promise<Identity> {
    const [person, grants] = await Promise.all([personById(this.#reading, session.person), grantsOf(this.#reading, session.person)])
    if (!person || person.disabledAt !== undefined) return nobody
    const valid = grants.filter((grant) => inForce(grant, now))
    // Rights given by approval open nothing until the second factor is shown again; the demo has nobody to protect.
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

  /** Records the reason for looking at a call in which they had no part, before it is shown. */
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
    // Nothing is written down of what was not done.
    const theirs = await sessionsOf(this.#writing, person, this.limits, this.now())
    if (!theirs.some((one) => one.id === id)) return false
    await this.#audit.tell({ ...by, action: 'session.ended', subjectKind: 'session', subject: id, data: { person } })
    return endSession(this.#writing, person, id, this.now())
  }

  actFor(session: string, scope: Scope | undefined): Promise<void> {
    return actFor(this.#writing, session, scope)
  }

  // People and what they may

  /** Whether anyone has ever signed in, or can. */
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

  /** Whether they are the last person who can give roles. */
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

  /** Stops a person from signing in: their sessions end at once. */
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

  /** Current grants by approval, the latest first. */
  async approvals(): Promise<readonly (Grant & { readonly person: string })[]> {
    const given = await grantsOfRoles(this.#writing, roleNames.filter(isApproved), maxApprovals)
    return given.filter((grant) => inForce(grant, this.now()))
  }

  /** @returns false: they have it no more */
  async endGrant(by: By, person: string, id: string): Promise<boolean> {
    const ended = await endGrant(this.#writing, person, id, by.actor, this.now())
    if (ended) await this.#audit.tell({ ...by, action: 'role.ended', subjectKind: 'person', subject: person, data: { grant: id } })
    return ended
  }

  /** @returns the secret of its address, shown only here */
  async makeLink(by: By, person: string, kind: LinkKind): Promise<string> {
    const secret = await makeLink(this.#writing, { kind, person, by: by.actor }, this.now())
    await this.#audit.tell({ ...by, action: 'link.made', subjectKind: 'person', subject: person, data: { kind } })
    return secret
  }

  /** Deletes what is no longer needed: sessions and guesses from before yesterday. */
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
