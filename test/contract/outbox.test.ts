import { onBothDatabases } from './grounds.js'
import { outboxContract } from './outbox-contract.js'

onBothDatabases('the outbox', outboxContract)
