import type { Accounts } from '../../accounts/accounts.js'
import { inForce } from '../../accounts/grants.js'
import type { Grant, Person } from '../../accounts/identity.js'
import { isApproved, roleNames, roles } from '../../accounts/roles.js'
import type { Directory } from '../../directory/model.js'
import type { Operations } from '../../operations/operations.js'
import type { RefusalCode, Result } from '../../operations/result.js'
import { choiceList } from '../choice-lists.js'
import { choiceField, choose } from '../choices.js'
import { fieldErrors } from '../field-errors.js'
import type { Notice } from '../notices.js'
import { scopeField, scopeWritten } from '../scope-field.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'

const clinicians = 'people/clinicians'

export interface PeopleParts {
  readonly accounts: Accounts
  readonly directory: () => Directory
  /** The pages' base URL in links, without a trailing slash. */
  readonly urlOf: (asked: Asked) => string
  readonly operations: Pick<Operations, 'people'>
  /** Whether links are sent by e-mail. Otherwise they are shown to the administrator, who passes them on. */
  readonly mailing: boolean
}

const pageSize = 50

/** The people who may sign in, and their roles. */
export function peoplePages(site: Site, { accounts, operations: { people }, directory, urlOf, mailing }: PeopleParts): void {
  site.menu({ href: '/people', text: 'People', needs: 'people' })

  site.get('/people', 'people', async (asked) => {
    const [name = '', id = ''] = (asked.query['after'] ?? '').split('\n')
    const found = await accounts.people(pageSize + 1, id === '' ? undefined : { name, id })
    const page = found.slice(0, pageSize)
    const last = found.length > pageSize ? page.at(-1) : undefined
    const grants = await accounts.grantsOfAll(page.map((person) => person.id))
    return view('people.njk', 'People', {
      people: page.map((person) => ({
        ...person,
        roles: (grants.get(person.id) ?? []).filter((grant) => inForce(grant, accounts.now())).map(grantInWords),
      })),
      ...(last ? { next: `/people?after=${encodeURIComponent(`${last.name}\n${last.id}`)}` } : {}),
    })
  })

  const newForm = (asked: Asked, errors: readonly FieldError[] = []) =>
    view(
      'new-person.njk',
      'Invite someone',
      { values: asked.form, clinicians: choiceField(choiceList(clinicians, asked.identity, directory()) ?? [], clinicians) },
      { errors },
    )
  site.get('/people/new', 'people', (asked) => newForm(asked))
  site.post('/people/new', 'people', async (asked) => {
    const { name = '', email = '', clinician: written = '' } = asked.form
    const who = written.trim() === '' ? undefined : choose(choiceList(clinicians, asked.identity, directory()) ?? [], written, 'clinician')
    if (who?.ok === false) return newForm(asked, [{ field: 'clinician', message: who.message }])
    const invited = await people.invite(asked.by, { name, email, ...(who === undefined ? {} : { clinician: who.id }) })
    if (invited.kind === 'refused') return newForm(asked, fieldErrors(invited))
    const { person, secret } = invited.value
    return secret === undefined ? goTo(`/people/${person.id}`, 'linkSent') : shown(asked, person, { link: secret })
  })

  site.get('/people/:id', 'people', async (asked) => {
    const person = await accounts.person(asked.params['id'] ?? '')
    return person ? shown(asked, person) : missing
  })

  /** Success redirects to their page; a refusal is shown on it. */
  function post(path: string, work: (asked: Asked, id: string) => Promise<Result<unknown, RefusalCode>>, notice: Notice): void {
    site.post(`/people/:id/${path}`, 'people', async (asked) => {
      const id = asked.params['id'] ?? ''
      const worked = await work(asked, id)
      if (worked.kind === 'done') return goTo(`/people/${id}`, notice)
      const person = await accounts.person(id)
      return person && worked.code !== 'grantNotFound' ? shown(asked, person, { errors: fieldErrors(worked) }) : missing
    })
  }

  site.post('/people/:id/link', 'people', async (asked) => {
    const made = await people.makeLink(asked.by, asked.params['id'] ?? '')
    const person = await accounts.person(asked.params['id'] ?? '')
    return made.kind === 'done' && person ? shown(asked, person, { link: made.value }) : missing
  })
  if (mailing) post('send-link', ({ by }, id) => people.sendLink(by, id), 'linkSent')
  post(
    'roles',
    (asked, id) => people.giveRole(asked.by, id, { role: asked.form['role'] ?? '', scope: scopeWritten('people', asked, directory()) }),
    'roleGiven',
  )
  post('roles/:grant/end', ({ by, params }, id) => people.endRole(by, id, params['grant'] ?? ''), 'roleEnded')
  post('factors/remove', ({ by }, id) => people.removeFactors(by, id), 'factorsRemoved')
  post('disable', ({ by }, id) => people.stop(by, id), 'personDisabled')
  post('enable', ({ by }, id) => people.letIn(by, id), 'personEnabled')

  /** @param link the secret of a new one: shown only once */
  async function shown(
    asked: Asked,
    person: Person,
    { link, errors = [] }: { readonly link?: string; readonly errors?: readonly FieldError[] } = {},
  ): Promise<Answer> {
    const grants = await accounts.grants(person.id)
    const now = accounts.now()
    return view(
      'person.njk',
      person.name,
      {
        person,
        clinician: person.clinician === undefined ? undefined : (directory().clinicians.get(person.clinician)?.name ?? person.clinician),
        hasPassword: await accounts.signIns.hasPassword(person.id),
        factors: await accounts.factors.list(person.id),
        sessions: (await accounts.sessions(person.id)).length,
        grants: grants
          .filter((grant) => inForce(grant, now))
          .map((grant) => ({ id: grant.id, ...grantInWords(grant), approved: isApproved(grant.role) })),
        roleItems: roleNames
          .filter((role) => !isApproved(role))
          .map((role) => ({ value: role, text: `${roles[role].name}: ${roles[role].what}` })),
        scopes: scopeField('people', asked.identity, directory()),
        mayMail: mailing && person.email !== undefined,
        ...(link === undefined ? {} : { link: `${urlOf(asked)}/sign-in/link/${link}` }),
      },
      { errors },
    )
  }

  function grantInWords({ role, scope, grantedAt, until }: Grant) {
    return { name: roles[role].name, scope: site.scopeInWords(scope), grantedAt, until }
  }
}
