import type { Accounts } from '../../accounts/accounts.js'
import { mayGive } from '../../accounts/may-give.js'
import { permissionNames, permissions } from '../../accounts/roles.js'
import type { Directory } from '../../directory/model.js'
import type { Operations } from '../../operations/operations.js'
import { fieldErrors } from '../field-errors.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'
import { scopeField, scopeWritten } from '../scope-field.js'

export interface ProgramParts {
  readonly accounts: Accounts
  readonly operations: Pick<Operations, 'tokens'>
  readonly directory: () => Directory
}

/** Lifetimes, in days; the first is the default. */
const lives = [365, 90, 30, 7] as const

/** Tokens of programs that use the API. Nobody gives a program rights that they lack: an administrator sees no calls, and makes no token that does. */
export function programPages(site: Site, { accounts, operations: { tokens }, directory }: ProgramParts): void {
  site.menu({ href: '/programs', text: 'Programs', needs: 'tokens' })

  site.get('/programs', 'tokens', (asked) => shown(asked))

  site.post('/programs', 'tokens', async (asked) => {
    const { name = '', days = '' } = asked.form
    const scope = scopeWritten('tokens', asked, directory())
    const made = await tokens.forProgram(asked.by, asked.identity, { name, scope, days: Number(days), may: asked.all('may') })
    return made.kind === 'refused' ? shown(asked, { errors: fieldErrors(made) }) : shown(asked, { secret: made.value.secret })
  })

  site.post('/programs/:id/end', 'tokens', async (asked) => {
    const ended = await tokens.end(asked.by, 'api', asked.params['id'] ?? '')
    return ended.kind === 'refused' ? missing : goTo('/programs', 'tokenEnded')
  })

  /** @param secret of a new one: shown only once */
  async function shown(
    asked: Asked,
    { secret, errors = [] }: { readonly secret?: string; readonly errors?: readonly FieldError[] } = {},
  ): Promise<Answer> {
    const programs = (await accounts.tokenBook.all()).filter(({ kind }) => kind === 'api')
    const people = await accounts.peopleNamed(programs.map(({ madeBy }) => madeBy))
    const chosen = new Set(secret === undefined ? asked.all('may') : [])
    return view(
      'programs.njk',
      'Programs',
      {
        values: secret === undefined ? asked.form : {},
        secret,
        programs: programs.map(({ id, name, permissions: may, scope, madeBy, createdAt, expiresAt, usedAt }) => ({
          id,
          name,
          createdAt,
          expiresAt,
          usedAt,
          may: may.map((one) => permissions[one]),
          scope: site.scopeInWords(scope),
          madeBy: people.get(madeBy)?.name ?? 'The service itself',
        })),
        mayItems: permissionNames
          .filter((one) => mayGive(asked.identity, one))
          .map((one) => ({ value: one, text: permissions[one], checked: chosen.has(one) })),
        scopes: scopeField('tokens', asked.identity, directory()),
        lifeItems: lives.map((days) => ({ value: String(days), text: `${days} days` })),
      },
      { errors },
    )
  }
}
