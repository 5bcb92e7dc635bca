import type { Accounts } from '../../accounts/accounts.js'
import { meets } from '../../accounts/identity.js'
import { isPermission, isWholePermission, permissionNames, permissions, scopeNamed } from '../../accounts/roles.js'
import type { Directory } from '../../directory/model.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'
import { isKnown, scopeItems } from './people.js'

export interface ProgramParts {
  readonly accounts: Accounts
  readonly directory: () => Directory
}

const dayMs = 24 * 60 * 60_000
/** For how long, in days; the first is offered. */
const lives = [365, 90, 30, 7] as const

/** Tokens of programs that use the API. Nobody gives a program what they may not do themselves: an administrator sees no calls, and makes no token that does. */
export function programPages(site: Site, { accounts, directory }: ProgramParts): void {
  site.menu({ href: '/programs', text: 'Programs', needs: 'tokens' })

  site.get('/programs', 'tokens', (asked) => shown(asked))

  site.post('/programs', 'tokens', async (asked) => {
    const { name = '', scope: scopeText = '', days = '' } = asked.form
    const scope = scopeNamed(scopeText)
    const life = lives.find((one) => String(one) === days)
    const may = asked.all('may').filter(isPermission)
    const errors: FieldError[] = []
    if (name.trim() === '' || name.length > 100) errors.push({ field: 'name', message: 'Enter what the program is called, up to 100 characters' })
    if (may.length === 0) errors.push({ field: 'may', message: 'Choose what it may do' })
    else if (may.some((one) => !meets(asked.identity, one))) errors.push({ field: 'may', message: 'Choose only what you may do yourself' })
    if (scope === undefined || !isKnown(scope, directory())) errors.push({ field: 'scope', message: 'Choose what it is for' })
    else if (scope.kind !== 'everywhere' && may.some(isWholePermission)) errors.push({ field: 'scope', message: `${may.filter(isWholePermission).map((one) => permissions[one]).join('; ')}: this is for everything, or not at all; choose Everywhere` })
    if (life === undefined) errors.push({ field: 'days', message: 'Choose for how long' })
    if (errors.length > 0 || scope === undefined || life === undefined) return shown(asked, { errors })
    const { secret } = await accounts.tokenBook.make(asked.by, { kind: 'api', name: name.trim(), permissions: may, scope, expiresAt: accounts.now() + life * dayMs })
    return shown(asked, { secret })
  })

  site.post('/programs/:id/end', 'tokens', async (asked) => {
    const id = asked.params['id'] ?? ''
    if (!(await accounts.tokenBook.all()).some((token) => token.id === id && token.kind === 'api')) return missing
    return (await accounts.tokenBook.end(asked.by, id)) ? goTo('/programs', 'tokenEnded') : missing
  })

  /** @param secret of one that was just made: shown this once */
  async function shown(asked: Asked, { secret, errors = [] }: { readonly secret?: string; readonly errors?: readonly FieldError[] } = {}): Promise<Answer> {
    const programs = (await accounts.tokenBook.all()).filter(({ kind }) => kind === 'api')
    const people = await accounts.peopleNamed(programs.map(({ madeBy }) => madeBy))
    const chosen = new Set(secret === undefined ? asked.all('may') : [])
    return view(
      'programs.njk',
      'Programs',
      {
        values: secret === undefined ? asked.form : {},
        secret,
        programs: programs.map(({ id, name, permissions: may, scope, madeBy, createdAt, expiresAt, usedAt }) => ({ id, name, createdAt, expiresAt, usedAt, may: may.map((one) => permissions[one]), scope: site.scopeInWords(scope), madeBy: people.get(madeBy)?.name ?? 'The service itself' })),
        mayItems: permissionNames.filter((one) => meets(asked.identity, one)).map((one) => ({ value: one, text: permissions[one], checked: chosen.has(one) })),
        scopeItems: scopeItems(directory()),
        lifeItems: lives.map((days) => ({ value: String(days), text: `${days} days` })),
      },
      { errors },
    )
  }
}
