import { directoryContract } from './directory-contract.js'
import { onBothDatabases } from './grounds.js'
import { storeContract } from './store-contract.js'
import { postgresAlone } from './store-on-postgres.js'

onBothDatabases(
  'the store',
  (ground) => {
    storeContract(ground)
    directoryContract(ground)
  },
  {},
  postgresAlone,
)
