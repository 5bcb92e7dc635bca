import type { Accounts } from '../accounts/accounts.js'
import type { By } from '../accounts/by.js'
import type { Identity, Token } from '../accounts/identity.js'
import { mayGive, mayGiveFor } from '../accounts/may-give.js'
import { isPermission, isWholePermission, permissions, scopeName, scopeNamed } from '../accounts/roles.js'
import type { Directory } from '../directory/model.js'
import { isKnown } from './people.js'
import { allBad, asked, done, refused, type Problem, type Result } from './result.js'

export interface TokenParts {
  readonly accounts: Accounts
  readonly directory: () => Directory
}

const dayMs = 24 * 60 * 60_000
/** Possible lifetimes of a token, days. */
export const longestTokenDays = 366

/** A token of a program, or of a screen; `secret` is shown only here. */
export interface MadeToken {
  readonly secret: string
  readonly token: Token
}

interface GivenToken {
  readonly name: string
  readonly scope: string
  /** Its lifetime. */
  readonly days: number
}

/** Tokens of programs that use the API, and of screens on a wall. */
export function tokenOperations({ accounts, directory }: TokenParts) {
  const { tokenBook } = accounts

  return {
    /** The valid ones, the latest first. */
    async list(kind: 'api' | 'kiosk'): Promise<Result<readonly Token[], 'storeUnavailable'>> {
      const all = await asked(tokenBook.all())
      return all.kind === 'refused' ? all : done(all.value.filter((token) => token.kind === kind))
    },

    /** Nobody gives a program rights that they lack: an administrator sees no calls, and makes no token that does. */
    async forProgram(
      by: By,
      identity: Identity,
      { name, may: asks, scope: scopeText, days }: GivenToken & { readonly may: readonly string[] },
    ): Promise<Result<MadeToken, 'badInput' | 'storeUnavailable'>> {
      const scope = scopeNamed(scopeText)
      const may = asks.filter(isPermission)
      const problems: Problem[] = []
      if (name.trim() === '' || name.length > 100)
        problems.push({ field: 'name', message: 'Enter what the program is called, up to 100 characters' })
      if (may.length === 0 || may.length < asks.length) problems.push({ field: 'may', message: 'Choose what it may do' })
      else if (may.some((one) => !mayGive(identity, one))) problems.push({ field: 'may', message: 'Choose only what you may do yourself' })
      if (scope === undefined || !isKnown(scope, directory())) problems.push({ field: 'scope', message: 'Choose what it is for' })
      else if (scope.kind !== 'everywhere' && may.some(isWholePermission))
        problems.push({
          field: 'scope',
          message: `${may
            .filter(isWholePermission)
            .map((one) => permissions[one])
            .join('; ')}: this is for everything, or not at all; choose Everywhere`,
        })
      else if (problems.length === 0 && may.some((one) => !mayGiveFor(identity, one, scope, directory())))
        problems.push({ field: 'scope', message: 'Choose only what you may do all of this for yourself' })
      problems.push(...wrongDays(days))
      if (problems.length > 0 || scope === undefined) return allBad(problems)
      return asked(
        tokenBook.make(by, { kind: 'api', name: name.trim(), permissions: may, scope, expiresAt: accounts.now() + days * dayMs }),
      )
    },

    /** It shows only the wallboard of its part. @param lines further lines, if the part is a line */
    async forScreen(
      by: By,
      { name, scope: scopeText, lines, days }: GivenToken & { readonly lines: readonly string[] },
    ): Promise<Result<MadeToken, 'badInput' | 'storeUnavailable'>> {
      const scope = scopeNamed(scopeText)
      const problems: Problem[] = []
      if (name.trim() === '' || name.length > 100)
        problems.push({ field: 'name', message: 'Enter where the screen hangs, up to 100 characters' })
      if (scope === undefined || !isKnown(scope, directory())) problems.push({ field: 'scope', message: 'Choose what it shows' })
      const also = lines.flatMap((id) => scopeNamed(`line:${id}`) ?? []).filter((one) => scopeName(one) !== scopeText)
      if (also.some((one) => !isKnown(one, directory()))) problems.push({ field: 'lines', message: 'Choose lines of the directory' })
      else if (also.length > 0 && scope?.kind !== 'line')
        problems.push({ field: 'lines', message: 'More lines go with a line: choose one of them as what it shows, or take the marks away' })
      problems.push(...wrongDays(days))
      if (problems.length > 0 || scope === undefined) return allBad(problems)
      return asked(
        tokenBook.makeScreen(by, {
          name: name.trim(),
          scope,
          ...(also.length === 0 ? {} : { also }),
          expiresAt: accounts.now() + days * dayMs,
        }),
      )
    },

    async end(by: By, kind: 'api' | 'kiosk', id: string): Promise<Result<undefined, 'tokenNotFound' | 'storeUnavailable'>> {
      const all = await asked(tokenBook.all())
      if (all.kind === 'refused') return all
      const ended = all.value.some((token) => token.id === id && token.kind === kind) ? await asked(tokenBook.end(by, id)) : done(false)
      if (ended.kind === 'refused') return ended
      return ended.value
        ? done(undefined)
        : refused('tokenNotFound', `There is no ${kind === 'api' ? 'token' : 'screen'} ${id} that is good.`)
    },
  }
}

export type TokenOperations = ReturnType<typeof tokenOperations>

function wrongDays(days: number): readonly Problem[] {
  return Number.isInteger(days) && days >= 1 && days <= longestTokenDays ? [] : [{ field: 'days', message: 'Choose for how long' }]
}
