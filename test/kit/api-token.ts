import { system } from '../../src/accounts/by.js'
import { permissionNames } from '../../src/accounts/roles.js'
import { withAccounts } from '../../src/accounts/with-accounts.js'

/** A token that may do everything, made in the store of an engine that runs, as `npm run account -- token` makes one. */
export function makeApiToken(place: Parameters<typeof withAccounts>[0]): Promise<string> {
  return withAccounts(
    place,
    'tests',
    async (accounts) =>
      (await accounts.tokenBook.make(system, { kind: 'api', name: 'tests', permissions: permissionNames, scope: { kind: 'everywhere' } }))
        .secret,
  )
}
