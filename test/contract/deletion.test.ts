import { deletionContract } from './deletion-contract.js'
import { onBothDatabases } from './grounds.js'

onBothDatabases('records and audit', deletionContract)
