import type { Accounts } from '../accounts/accounts.js'
import type { By } from '../accounts/by.js'
import { inForce } from '../accounts/grants.js'
import type { Grant, Person } from '../accounts/identity.js'
import { isApproved, isRole, isWhole, roles, scopeNamed, type Scope } from '../accounts/roles.js'
import type { Directory } from '../directory/model.js'
import type { Outbox } from '../outbox/outbox.js'
import { allBad, asked, done, refused, type Problem, type Refused, type Result } from './result.js'

export interface PeopleParts {
  readonly accounts: Accounts
  readonly directory: () => Directory
  /** Sends links by e-mail. Undefined: they are shown to the administrator, who passes them on. */
  readonly mailTo?: Pick<Outbox, 'put'> | undefined
}

/** An invited person. `secret`: of their link, if it is not sent; shown only once. */
export interface Invited {
  readonly person: Person
  readonly secret?: string
}

type NotThere = 'personNotFound' | 'storeUnavailable'

/** The people who may sign in, and their roles. */
export function peopleOperations({ accounts, directory, mailTo }: PeopleParts) {
  const of = async (id: string): Promise<Result<Person, NotThere>> => {
    const found = await asked(accounts.person(id))
    if (found.kind === 'refused') return found
    return found.value ? done(found.value) : refused('personNotFound', `There is no person ${id}.`)
  }

  return {
    /** By name, with their current roles. @param after the last one of the page before */
    async list(
      limit: number,
      after?: Pick<Person, 'id' | 'name'>,
    ): Promise<Result<readonly { readonly person: Person; readonly grants: readonly Grant[] }[], 'storeUnavailable'>> {
      return asked(
        (async () => {
          const people = await accounts.people(limit, after)
          const grants = await accounts.grantsOfAll(people.map(({ id }) => id))
          return people.map((person) => ({
            person,
            grants: (grants.get(person.id) ?? []).filter((grant) => inForce(grant, accounts.now())),
          }))
        })(),
      )
    },

    /** With their current roles. */
    async find(id: string): Promise<Result<{ readonly person: Person; readonly grants: readonly Grant[] }, NotThere>> {
      const found = await of(id)
      if (found.kind === 'refused') return found
      const grants = await asked(accounts.grants(id))
      return grants.kind === 'refused'
        ? grants
        : done({ person: found.value, grants: grants.value.filter((grant) => inForce(grant, accounts.now())) })
    },

    async invite(
      by: By,
      given: { readonly name: string; readonly email: string; readonly clinician?: string | undefined },
    ): Promise<Result<Invited, 'badInput' | 'storeUnavailable'>> {
      const [name, email] = [given.name.trim(), given.email.trim()]
      const problems: Problem[] = []
      if (name === '' || name.length > 100) problems.push({ field: 'name', message: 'Enter their name, up to 100 characters' })
      if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) || email.length > 200)
        problems.push({ field: 'email', message: 'Enter their email address, such as name@example.nhs.uk' })
      else if (await accounts.personByEmail(email))
        problems.push({ field: 'email', message: 'Another person has this email address already' })
      if (given.clinician !== undefined && !directory().clinicians.has(given.clinician))
        problems.push({ field: 'clinician', message: 'Choose a clinician of the directory' })
      if (problems.length > 0) return allBad(problems)
      return asked(
        (async () => {
          const person = await accounts.addPerson(by, { name, email, clinician: given.clinician })
          if (!mailTo) return { person, secret: await accounts.makeLink(by, person.id, 'invitation') }
          await mailTo.put(person.id, { kind: 'invitation', by: by.actor })
          return { person }
        })(),
      )
    },

    /** @returns the secret of a link that signs them in once; shown only here. It replaces the one before */
    async makeLink(by: By, id: string): Promise<Result<string, NotThere>> {
      const found = await of(id)
      return found.kind === 'refused' ? found : asked(kindOfLink(id).then((kind) => accounts.makeLink(by, id, kind)))
    },

    /** The same, sent to their address. */
    async sendLink(by: By, id: string): Promise<Result<undefined, NotThere | 'notMailable'>> {
      const found = await of(id)
      if (found.kind === 'refused') return found
      if (!mailTo) return refused('notMailable', 'No mail server is set; make a link, and give it to them.')
      if (found.value.email === undefined)
        return refused('notMailable', 'They have no email address here; make a link, and give it to them.')
      const put = await asked(
        kindOfLink(id).then((kind) => mailTo.put(id, { kind: kind === 'signIn' ? 'signInLink' : 'invitation', by: by.actor })),
      )
      return put.kind === 'refused' ? put : done(undefined)
    },

    async giveRole(
      by: By,
      id: string,
      given: { readonly role: string; readonly scope: string },
    ): Promise<Result<Grant, NotThere | 'badInput'>> {
      const found = await of(id)
      if (found.kind === 'refused') return found
      const { role } = given
      const scope = scopeNamed(given.scope)
      if (!isRole(role) || isApproved(role)) return allBad([{ field: 'role', message: 'Choose a role' }])
      if (scope === undefined || !isKnown(scope, directory())) return allBad([{ field: 'scope', message: 'Choose what the role is for' }])
      if (isWhole(role) && scope.kind !== 'everywhere')
        return allBad([{ field: 'scope', message: `${roles[role].name} is a role for everything; choose Everywhere` }])
      return asked(accounts.grant(by, { person: id, role, scope }))
    },

    async endRole(by: By, id: string, grant: string): Promise<Result<undefined, NotThere | 'grantNotFound' | 'lastAdministrator'>> {
      const found = await of(id)
      if (found.kind === 'refused') return found
      const has = await asked(accounts.grants(id))
      if (has.kind === 'refused') return has
      const ended = has.value.find((one) => one.id === grant)
      if (!ended || isApproved(ended.role)) return noGrant(grant)
      if (ended.role === 'administrator' && (await accounts.isLastAdministrator(id))) return lastAdministrator
      const end = await asked(accounts.endGrant(by, id, grant))
      if (end.kind === 'refused') return end
      return end.value ? done(undefined) : noGrant(grant)
    },

    /** For a person who has lost their second factor. */
    removeFactors: (by: By, id: string) => change(id, () => accounts.factors.removeAll(by, id)),

    /** They can no longer sign in; their sessions end at once. */
    async stop(by: By, id: string): Promise<Result<undefined, NotThere | 'lastAdministrator'>> {
      const found = await of(id)
      if (found.kind === 'refused') return found
      if (await accounts.isLastAdministrator(id)) return lastAdministrator
      return change(id, () => accounts.disable(by, id))
    },

    letIn: (by: By, id: string) => change(id, () => accounts.enable(by, id)),
  }

  async function change(id: string, work: () => Promise<void>): Promise<Result<undefined, NotThere>> {
    const found = await of(id)
    return found.kind === 'refused' ? found : asked(work().then(() => undefined))
  }

  /** A person without a password has never signed in. */
  async function kindOfLink(id: string): Promise<'signIn' | 'invitation'> {
    return (await accounts.signIns.hasPassword(id)) ? 'signIn' : 'invitation'
  }
}

export type PeopleOperations = ReturnType<typeof peopleOperations>

export function isKnown(scope: Scope, { organisations, lines }: Directory): boolean {
  return scope.kind === 'everywhere' || (scope.kind === 'organisation' ? organisations : lines).has(scope.id)
}

const lastAdministrator: Refused<'lastAdministrator'> = refused(
  'lastAdministrator',
  'This is the last administrator; give the role to someone else first.',
)

function noGrant(id: string): Refused<'grantNotFound'> {
  return refused('grantNotFound', `They have no role ${id} that could be ended here.`)
}
