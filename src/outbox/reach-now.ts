import type { Accounts } from '../accounts/accounts.js'
import { inForce } from '../accounts/grants.js'
import { reachOfGrants, type Reach } from '../accounts/identity.js'

/** The current reach of a person's permission, without a session; undefined: none. */
export async function reachNow(accounts: Accounts, id: string, permission: 'alarms' | 'reports' | 'pocket'): Promise<Reach | undefined> {
  const person = await accounts.person(id)
  if (!person || person.disabledAt !== undefined) return undefined
  const grants = (await accounts.grants(id)).filter((grant) => inForce(grant, accounts.now()))
  const reach = reachOfGrants({ person, grants }, permission)
  return reach.everywhere || reach.organisations.size + reach.lines.size + reach.clinicians.size > 0 ? reach : undefined
}
