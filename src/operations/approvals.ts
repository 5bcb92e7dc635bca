import type { Accounts } from '../accounts/accounts.js'
import type { By } from '../accounts/by.js'
import type { Grant, Identity } from '../accounts/identity.js'
import { scopeNamed } from '../accounts/roles.js'
import type { Directory } from '../directory/model.js'
import { isKnown } from './people.js'
import { allBad, asked, done, refused, type Problem, type Result } from './result.js'

export interface ApprovalParts {
  readonly accounts: Accounts
  readonly directory: () => Directory
}

export interface NewApproval {
  /** A person's email address, name or id. */
  readonly who: string
  readonly scope: string
  readonly reason: string
  /** The last day, `2026-03-02`. */
  readonly until: string
}

const dayMs = 24 * 60 * 60_000
/** An approval is reviewed at least once a year. */
const longestDays = 366

/** Approvals to see patient data of calls one had no part in: given by another person, with a reason, until a day. */
export function approvalOperations({ accounts, directory }: ApprovalParts) {
  return {
    /** Those in force, the latest first. */
    list: () => asked(accounts.approvals()),

    /** @param identity the approver: people cannot approve themselves, nor can a program whose token they made */
    async give(
      by: By,
      identity: Identity,
      { who, scope: scopeText, reason, until }: NewApproval,
    ): Promise<Result<Grant & { readonly person: string }, 'badInput' | 'storeUnavailable'>> {
      const scope = scopeNamed(scopeText)
      const named = who.trim() === '' ? done([]) : await asked(peopleBy(who.trim()))
      if (named.kind === 'refused') return named
      const [person, ...others] = named.value
      const end = endOfDay(until)
      const now = accounts.now()
      const problems: Problem[] = []
      if (!person) problems.push({ field: 'who', message: 'Enter the email address or the name of a person who may sign in' })
      else if (others.length > 0) problems.push({ field: 'who', message: 'Several people have this name; enter the email address' })
      else if (person.id === approverOf(identity))
        problems.push({ field: 'who', message: 'Nobody approves themselves; ask another privacy officer' })
      else if (person.disabledAt !== undefined) problems.push({ field: 'who', message: 'They cannot sign in' })
      if (scope === undefined || !isKnown(scope, directory())) problems.push({ field: 'scope', message: 'Choose whose calls' })
      if (reason.trim().length < 10 || reason.length > 500)
        problems.push({
          field: 'reason',
          message: 'Enter a reason of 10 to 500 characters, such as the complaint or the audit that it is for',
        })
      if (end === undefined || end <= now || end > now + longestDays * dayMs)
        problems.push({ field: 'until', message: 'Enter a last day, from today to a year from now' })
      if (problems.length > 0 || !person || !scope || end === undefined) return allBad(problems)
      return asked(
        accounts
          .grant(by, { person: person.id, role: 'pidApproved', scope, reason: reason.trim(), until: end })
          .then((grant) => ({ ...grant, person: person.id })),
      )
    },

    async end(by: By, id: string): Promise<Result<undefined, 'grantNotFound' | 'storeUnavailable'>> {
      const given = await asked(accounts.approvals())
      if (given.kind === 'refused') return given
      const found = given.value.find((one) => one.id === id)
      if (!found) return refused('grantNotFound', `There is no approval ${id} in force.`)
      const ended = await asked(accounts.endGrant(by, found.person, found.id))
      return ended.kind === 'refused' ? ended : done(undefined)
    },
  }

  async function peopleBy(who: string) {
    const byEmail = await accounts.personByEmail(who)
    return byEmail ? [byEmail] : accounts.peopleCalled(who)
  }
}

export type ApprovalOperations = ReturnType<typeof approvalOperations>

function approverOf(identity: Identity): string | undefined {
  switch (identity.kind) {
    case 'person':
      return identity.person.id
    case 'token':
      return identity.token.madeBy
    case 'nobody':
      return undefined
  }
}

/** The end of a day, wall-clock ms; undefined: not a day. */
function endOfDay(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const at = Date.parse(`${text}T23:59:59Z`)
  return Number.isNaN(at) ? undefined : at
}
