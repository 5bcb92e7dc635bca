import type { Accounts } from '../../accounts/accounts.js'
import { inForce } from '../../accounts/grants.js'
import type { Grant, Person } from '../../accounts/identity.js'
import { isApproved, isRole, isWhole, roleNames, roles, scopeNamed, type Scope } from '../../accounts/roles.js'
import type { Directory } from '../../directory/model.js'
import type { Outbox } from '../../outbox/outbox.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

export interface PeopleParts {
  readonly accounts: Accounts
  readonly directory: () => Directory
  /** Where our pages are for whoever follows a link, without a slash at the end. */
  readonly urlOf: (asked: Asked) => string
  /** Sends links by e-mail. Undefined: they are shown to whoever makes them, who gives them on. */
  readonly outbox?: Outbox | undefined
}

const pageSize = 50

/** Who may sign in, and what they may do. */
export function peoplePages(site: Site, { accounts, directory, urlOf, outbox }: PeopleParts): void {
  site.menu({ href: '/people', text: 'People', needs: 'people' })

  site.get('/people', 'people', async (asked) => {
    const [name = '', id = ''] = (asked.query['after'] ?? '').split('\n')
    const found = await accounts.people(pageSize + 1, id === '' ? undefined : { name, id })
    const people = found.slice(0, pageSize)
    const last = found.length > pageSize ? people.at(-1) : undefined
    const grants = await accounts.grantsOfAll(people.map((person) => person.id))
    return view('people.njk', 'People', {
      people: people.map((person) => ({ ...person, roles: (grants.get(person.id) ?? []).filter((grant) => inForce(grant, accounts.now())).map(grantInWords) })),
      ...(last ? { next: `/people?after=${encodeURIComponent(`${last.name}\n${last.id}`)}` } : {}),
    })
  })

  const newForm = (asked: Asked, errors: readonly FieldError[] = []) => view('new-person.njk', 'Invite somebody', { values: asked.form, clinicians: cliniciansOf(directory()) }, { errors })
  site.get('/people/new', 'people', (asked) => newForm(asked))
  site.post('/people/new', 'people', async (asked) => {
    const name = (asked.form['name'] ?? '').trim()
    const email = (asked.form['email'] ?? '').trim()
    const clinician = asked.form['clinician'] ?? ''
    const errors: FieldError[] = []
    if (name === '' || name.length > 100) errors.push({ field: 'name', message: 'Enter their name, up to 100 characters' })
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) || email.length > 200) errors.push({ field: 'email', message: 'Enter their email address, such as name@example.nhs.uk' })
    else if (await accounts.personByEmail(email)) errors.push({ field: 'email', message: 'Somebody has this email address already' })
    if (clinician !== '' && !directory().clinicians.has(clinician)) errors.push({ field: 'clinician', message: 'Choose a clinician of the directory' })
    if (errors.length > 0) return newForm(asked, errors)
    const person = await accounts.addPerson(asked.by, { name, email, clinician: clinician === '' ? undefined : clinician })
    if (outbox) {
      await outbox.put(person.id, { kind: 'invitation', by: asked.by.actor })
      return goTo(`/people/${person.id}`, 'linkSent')
    }
    return shown(asked, person, { link: await accounts.makeLink(asked.by, person.id, 'invitation') })
  })

  site.get('/people/:id', 'people', async (asked) => {
    const person = await accounts.person(asked.params['id'] ?? '')
    return person ? shown(asked, person) : missing
  })

  site.post('/people/:id/link', 'people', (asked) =>
    about(asked, async (person) => shown(asked, person, { link: await accounts.makeLink(asked.by, person.id, (await accounts.hasPassword(person.id)) ? 'signIn' : 'invitation') })),
  )

  if (outbox) {
    site.post('/people/:id/send-link', 'people', (asked) =>
      about(asked, async (person) => {
        if (person.email === undefined) return shown(asked, person, { errors: [{ field: '', message: 'They have no email address here; make a link, and give it to them' }] })
        await outbox.put(person.id, { kind: (await accounts.hasPassword(person.id)) ? 'signInLink' : 'invitation', by: asked.by.actor })
        return goTo(`/people/${person.id}`, 'linkSent')
      }),
    )
  }

  site.post('/people/:id/roles', 'people', (asked) =>
    about(asked, async (person) => {
      const role = asked.form['role'] ?? ''
      const scope = scopeNamed(asked.form['scope'] ?? '')
      const errors: FieldError[] = []
      if (!isRole(role) || isApproved(role)) return shown(asked, person, { errors: [{ field: 'role', message: 'Choose a role' }] })
      if (scope === undefined || !isKnown(scope, directory())) errors.push({ field: 'scope', message: 'Choose what the role is for' })
      else if (isWhole(role) && scope.kind !== 'everywhere') errors.push({ field: 'scope', message: `${roles[role].name} is a role for everything; choose Everywhere` })
      if (errors.length > 0 || scope === undefined) return shown(asked, person, { errors })
      await accounts.grant(asked.by, { person: person.id, role, scope })
      return goTo(`/people/${person.id}`, 'roleGiven')
    }),
  )

  site.post('/people/:id/roles/:grant/end', 'people', (asked) =>
    about(asked, async (person) => {
      const grant = (await accounts.grants(person.id)).find(({ id }) => id === asked.params['grant'])
      if (!grant || isApproved(grant.role)) return missing
      if (grant.role === 'administrator' && (await accounts.isLastAdministrator(person.id))) return shown(asked, person, { errors: [{ field: '', message: 'This is the last administrator; give the role to somebody else first' }] })
      await accounts.endGrant(asked.by, person.id, grant.id)
      return goTo(`/people/${person.id}`, 'roleEnded')
    }),
  )

  site.post('/people/:id/factors/remove', 'people', (asked) =>
    about(asked, async (person) => {
      await accounts.factors.removeAll(asked.by, person.id)
      return goTo(`/people/${person.id}`, 'factorsRemoved')
    }),
  )

  site.post('/people/:id/disable', 'people', (asked) =>
    about(asked, async (person) => {
      if (await accounts.isLastAdministrator(person.id)) return shown(asked, person, { errors: [{ field: '', message: 'This is the last administrator; give the role to somebody else first' }] })
      await accounts.disable(asked.by, person.id)
      return goTo(`/people/${person.id}`, 'personDisabled')
    }),
  )

  site.post('/people/:id/enable', 'people', (asked) =>
    about(asked, async (person) => {
      await accounts.enable(asked.by, person.id)
      return goTo(`/people/${person.id}`, 'personEnabled')
    }),
  )

  async function about(asked: Asked, work: (person: Person) => Promise<Answer>): Promise<Answer> {
    const person = await accounts.person(asked.params['id'] ?? '')
    return person ? work(person) : missing
  }

  /** @param link the secret of one that was just made: shown this once */
  async function shown(asked: Asked, person: Person, { link, errors = [] }: { readonly link?: string; readonly errors?: readonly FieldError[] } = {}): Promise<Answer> {
    const grants = await accounts.grants(person.id)
    const now = accounts.now()
    return view(
      'person.njk',
      person.name,
      {
        person,
        clinician: person.clinician === undefined ? undefined : (directory().clinicians.get(person.clinician)?.name ?? person.clinician),
        hasPassword: await accounts.hasPassword(person.id),
        factors: await accounts.factors.list(person.id),
        sessions: (await accounts.sessions(person.id)).length,
        grants: grants.filter((grant) => inForce(grant, now)).map((grant) => ({ id: grant.id, ...grantInWords(grant), approved: isApproved(grant.role) })),
        roleItems: roleNames.filter((role) => !isApproved(role)).map((role) => ({ value: role, text: `${roles[role].name}: ${roles[role].what}` })),
        scopeItems: scopeItems(directory()),
        mayMail: outbox !== undefined && person.email !== undefined,
        ...(link === undefined ? {} : { link: `${urlOf(asked)}/sign-in/link/${link}` }),
      },
      { errors },
    )
  }

  function grantInWords({ role, scope, grantedAt, until }: Grant) {
    return { name: roles[role].name, scope: site.scopeInWords(scope), grantedAt, until }
  }
}

export function isKnown(scope: Scope, { organisations, lines }: Directory): boolean {
  return scope.kind === 'everywhere' || (scope.kind === 'organisation' ? organisations : lines).has(scope.id)
}

function cliniciansOf({ clinicians }: Directory): readonly { readonly value: string; readonly text: string }[] {
  return [...clinicians.values()].map(({ id, name }) => ({ value: id, text: name })).sort((a, b) => a.text.localeCompare(b.text))
}

export function scopeItems({ organisations, lines }: Directory): readonly { readonly value: string; readonly text: string }[] {
  const named = (kind: string, all: Iterable<{ readonly id: string; readonly name: string }>) => [...all].map(({ id, name }) => ({ value: `${kind}:${id}`, text: name })).sort((a, b) => a.text.localeCompare(b.text))
  return [{ value: 'everywhere', text: 'Everywhere' }, ...named('organisation', organisations.values()), ...named('line', lines.values()).map(({ value, text }) => ({ value, text: `Line: ${text}` }))]
}
