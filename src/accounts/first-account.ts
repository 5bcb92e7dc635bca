import type { Clinician } from '../directory/model.js'
import type { Accounts } from './accounts.js'
import { system } from './by.js'
import { roleNames, isApproved } from './roles.js'

const day = 24 * 60 * 60_000

const firstName = 'First administrator'
const demoName = 'Demo visitor'

/**
 * The way in to a new engine to which nobody has ever signed in: a person with the role of an administrator, and the roles by which calls are watched.
 * @returns the secret of a link that works once; undefined: people have signed in before, and administrators give out links
 */
export async function firstLink(accounts: Accounts): Promise<string | undefined> {
  if (await accounts.everSignedIn()) return undefined
  const [there] = await accounts.peopleCalled(firstName)
  if (!there && (await accounts.anybody())) return undefined
  const person = there ?? (await accounts.addPerson(system, { name: firstName }))
  if (!there)
    for (const role of ['administrator', 'operations', 'serviceManager', 'privacyOfficer'] as const)
      await accounts.grant(system, { person: person.id, role, scope: { kind: 'everywhere' } })
  return accounts.makeLink(system, person.id, 'invitation')
}

/**
 * In the demo world everyone is invented: its visitor has every role, is one of its clinicians (so that they can call from the browser), and signs in by a link that needs nothing else.
 * @returns its secret; it works once
 */
export async function demoLink(accounts: Accounts, clinicians: Iterable<Clinician> = []): Promise<string> {
  const [clinician] = [...clinicians].sort((one, other) => other.organisations.length - one.organisations.length)
  const [there] = await accounts.peopleCalled(demoName)
  const person =
    there ?? (await accounts.addPerson(system, { name: demoName, ...(clinician === undefined ? {} : { clinician: clinician.id }) }))
  const now = accounts.now()
  const has = new Set(
    (await accounts.grants(person.id))
      .filter(({ endedAt, until }) => endedAt === undefined && (until === undefined || until > now + day))
      .map(({ role }) => role),
  )
  for (const role of roleNames) {
    if (has.has(role)) continue
    await accounts.grant(system, {
      person: person.id,
      role,
      scope: { kind: 'everywhere' },
      ...(isApproved(role) ? { reason: 'The demo world: its patients are invented', until: now + 30 * day } : {}),
    })
  }
  return accounts.makeLink(system, person.id, 'demo')
}
