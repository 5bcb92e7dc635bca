import type { Accounts } from '../../accounts/accounts.js'
import { roles, scopeNamed } from '../../accounts/roles.js'
import type { Directory } from '../../directory/model.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'
import { signed } from './account.js'
import { isKnown, scopeItems } from './people.js'

export interface ApprovalParts {
  readonly accounts: Accounts
  readonly directory: () => Directory
}

const dayMs = 24 * 60 * 60_000
/** It is looked at again once a year at the latest. */
const longestDays = 366
const role = 'pidApproved'

/** Who may see patient data of calls they had no part in: given by somebody else, with a reason, until a day. */
export function approvalPages(site: Site, { accounts, directory }: ApprovalParts): void {
  site.menu({ href: '/approvals', text: 'Approvals', needs: 'approvals' })

  const shown = async (asked: Asked, errors: readonly FieldError[] = []): Promise<Answer> => {
    const given = await accounts.approvals()
    const people = await accounts.peopleNamed(given.flatMap(({ person, grantedBy }) => [person, grantedBy]))
    return view(
      'approvals.njk',
      'Approvals',
      {
        about: roles[role].what,
        given: given.map((one) => ({ id: one.id, who: people.get(one.person)?.name ?? one.person, scope: site.scopeInWords(one.scope), reason: one.reason, until: one.until, since: one.grantedAt, by: people.get(one.grantedBy)?.name ?? (one.grantedBy === 'system' ? 'The service itself' : one.grantedBy) })),
        values: asked.form,
        scopeItems: scopeItems(directory()),
      },
      { errors },
    )
  }

  site.get('/approvals', 'approvals', (asked) => shown(asked))

  site.post('/approvals', 'approvals', async (asked) => {
    const { who = '', scope: scopeText = '', reason = '', until = '' } = asked.form
    const scope = scopeNamed(scopeText)
    const named = who.trim() === '' ? [] : await peopleBy(who.trim())
    const [person] = named
    const end = endOfDay(until)
    const now = accounts.now()
    const errors: FieldError[] = []
    if (named.length === 0) errors.push({ field: 'who', message: 'Enter the email address or the name of somebody who may sign in' })
    else if (named.length > 1) errors.push({ field: 'who', message: 'Several people have this name; enter the email address' })
    else if (person?.id === signed(asked).person.id) errors.push({ field: 'who', message: 'Nobody approves themselves; ask another privacy officer' })
    else if (person?.disabledAt !== undefined) errors.push({ field: 'who', message: 'They cannot sign in' })
    if (scope === undefined || !isKnown(scope, directory())) errors.push({ field: 'scope', message: 'Choose whose calls' })
    if (reason.trim().length < 10 || reason.length > 500) errors.push({ field: 'reason', message: 'Enter a reason of 10 to 500 characters, such as the complaint or the audit that it is for' })
    if (end === undefined || end <= now || end > now + longestDays * dayMs) errors.push({ field: 'until', message: 'Enter a last day, from today to a year from now' })
    if (errors.length > 0 || !person || !scope || end === undefined) return shown(asked, errors)
    await accounts.grant(asked.by, { person: person.id, role, scope, reason: reason.trim(), until: end })
    return goTo('/approvals', 'approvalGiven')
  })

  site.post('/approvals/:id/end', 'approvals', async (asked) => {
    const found = (await accounts.approvals()).find(({ id }) => id === asked.params['id'])
    if (!found) return missing
    await accounts.endGrant(asked.by, found.person, found.id)
    return goTo('/approvals', 'approvalEnded')
  })

  async function peopleBy(who: string) {
    const byEmail = await accounts.personByEmail(who)
    return byEmail ? [byEmail] : accounts.peopleCalled(who)
  }
}

/** The end of a day as a form sends it, wall-clock ms; undefined: it is no day. */
function endOfDay(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const at = Date.parse(`${text}T23:59:59Z`)
  return Number.isNaN(at) ? undefined : at
}
