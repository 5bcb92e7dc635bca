import type { Accounts } from '../../accounts/accounts.js'
import { roles } from '../../accounts/roles.js'
import type { Directory } from '../../directory/model.js'
import type { Operations } from '../../operations/operations.js'
import { fieldErrors } from '../field-errors.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'
import { scopeField, scopeWritten } from '../scope-field.js'

export interface ApprovalParts {
  readonly accounts: Accounts
  readonly operations: Pick<Operations, 'approvals'>
  readonly directory: () => Directory
}

/** Approvals to see patient data of calls one had no part in: given by another person, with a reason, until a day. */
export function approvalPages(site: Site, { accounts, operations: { approvals }, directory }: ApprovalParts): void {
  site.menu({ href: '/approvals', text: 'Approvals', needs: 'approvals' })

  const shown = async (asked: Asked, errors: readonly FieldError[] = []): Promise<Answer> => {
    const given = await accounts.approvals()
    const people = await accounts.peopleNamed(given.flatMap(({ person, grantedBy }) => [person, grantedBy]))
    return view(
      'approvals.njk',
      'Approvals',
      {
        about: roles.pidApproved.what,
        given: given.map((one) => ({
          id: one.id,
          who: people.get(one.person)?.name ?? one.person,
          scope: site.scopeInWords(one.scope),
          reason: one.reason,
          until: one.until,
          since: one.grantedAt,
          by: people.get(one.grantedBy)?.name ?? (one.grantedBy === 'system' ? 'The service itself' : one.grantedBy),
        })),
        values: asked.form,
        scopes: scopeField('approvals', asked.identity, directory()),
      },
      { errors },
    )
  }

  site.get('/approvals', 'approvals', (asked) => shown(asked))

  site.post('/approvals', 'approvals', async (asked) => {
    const { who = '', reason = '', until = '' } = asked.form
    const scope = scopeWritten('approvals', asked, directory())
    const given = await approvals.give(asked.by, asked.identity, { who, scope, reason, until })
    return given.kind === 'refused' ? shown(asked, fieldErrors(given)) : goTo('/approvals', 'approvalGiven')
  })

  site.post('/approvals/:id/end', 'approvals', async (asked) => {
    const ended = await approvals.end(asked.by, asked.params['id'] ?? '')
    return ended.kind === 'refused' ? missing : goTo('/approvals', 'approvalEnded')
  })
}
