import { accountsContract } from './accounts-contract.js'
import { onBothDatabases } from './grounds.js'

onBothDatabases('accounts', accountsContract)
