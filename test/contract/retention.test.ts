import { onBothDatabases } from './grounds.js'
import { retentionContract } from './retention-contract.js'

onBothDatabases('retention', retentionContract)
