import { arrangementDeletionContract } from './arrangement-deletion-contract.js'
import { onBothDatabases } from './grounds.js'

onBothDatabases('arrangements', arrangementDeletionContract)
