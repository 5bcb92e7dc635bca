import { system } from '../../src/accounts/by.js'
import { permissionNames } from '../../src/accounts/roles.js'
import { withAccounts } from '../../src/accounts/with-accounts.js'

/** A token with every permission, made in the store of a running engine, as by `npm run account -- token`. */
export function makeApiToken(place: Parameters<typeof withAccounts>[0]): Promise<string> {
  return withAccounts(
    place,
    'tests',
    async (accounts) =>
      (await accounts.tokenBook.make(system, { kind: 'api', name: 'tests', permissions: permissionNames, scope: { kind: 'everywhere' } }))
        .secret,
  )
}
